import type { App, DriverName } from "../../lib/config/apps.ts";
import { Failure } from "../../lib/failure.ts";
import { artifactDriver } from "./artifact.ts";
import type { Driver } from "./driver.ts";
import { checkoutDriver } from "./checkout.ts";
import { releaseDriver } from "./release.ts";
import { siteDriver } from "./site.ts";

/** Every driver, by the name that an app's configuration calls it by. */
const drivers: { readonly [Kind in DriverName]?: Driver<Kind> } = {
  checkout: checkoutDriver,
  release: releaseDriver,
  site: siteDriver,
  artifact: artifactDriver,
};

/**
 * The driver of an app.
 * @throws {Failure} CONFIG_INVALID where this version has none of that name
 */
export function driverOf(app: App): Driver {
  const found = drivers[app.driver];
  // A driver is only ever given the app that named it.
  if (found !== undefined) return found as unknown as Driver;
  throw new Failure("CONFIG_INVALID", `Cannot plan a deploy: there is no driver ${app.driver}`);
}
