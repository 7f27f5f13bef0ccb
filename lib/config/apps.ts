import { z } from "zod";
import { appName } from "../schema/names.ts";
import { artifactApp } from "./app/artifact.ts";
import { checkoutApp } from "./app/checkout.ts";
import { containerApp } from "./app/container.ts";
import { releaseApp } from "./app/release.ts";
import { siteApp } from "./app/site.ts";

/** One thing that gets deployed: what it is made of, its place on a host, the hosts, the check. */
export const app = z.discriminatedUnion(
  "driver",
  [releaseApp, checkoutApp, siteApp, artifactApp, containerApp],
  {
    error: "must be one of release, checkout, site, artifact, container",
  },
);
export type App = z.infer<typeof app>;
export type DriverName = App["driver"];

/** An app of one driver. */
export type AppOf<Driver extends DriverName> = Extract<App, { readonly driver: Driver }>;

export const apps = z.record(appName, app).default({});
