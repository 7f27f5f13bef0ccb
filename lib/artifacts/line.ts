import type { AppOf } from "../config/apps.ts";
import { artifactName, type TargetName } from "../schema/artifacts.ts";
import { appName, type AppName } from "../schema/names.ts";
import type { Line } from "./metadata.ts";

/** Where the artifacts of an app are kept. */
export function lineOfApp(
  name: AppName,
  { artifact }: Pick<AppOf<"artifact">, "artifact">,
  target: TargetName,
): Line {
  const app = appName.parse(artifact.app ?? name);
  return { app, target, artifact: artifactName.parse(artifact.name ?? `${app}.tar.gz`) };
}
