import type { App, DriverName } from "../../lib/config/apps.ts";
import { artifactDriver } from "./artifact.ts";
import type { Driver } from "./driver.ts";
import { checkoutDriver } from "./checkout.ts";
import { containerDriver } from "./container.ts";
import { releaseDriver } from "./release.ts";
import { siteDriver } from "./site.ts";

/** Every driver, by the name that an app's configuration calls it by. */
const drivers: { readonly [Kind in DriverName]: Driver<Kind> } = {
  checkout: checkoutDriver,
  release: releaseDriver,
  site: siteDriver,
  artifact: artifactDriver,
  container: containerDriver,
};

/** The driver of an app: it is only ever given the app that named it. */
export const driverOf = (app: App): Driver => drivers[app.driver] as unknown as Driver;
