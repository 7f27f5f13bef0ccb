import type { Argv } from "yargs";
import type { Line } from "../lib/artifacts/metadata.ts";
import { openStore } from "../lib/artifacts/open.ts";
import type { Store } from "../lib/artifacts/store.ts";
import { Failure } from "../lib/failure.ts";
import { artifactName, MASTER, storeName, targetName } from "../lib/schema/artifacts.ts";
import { appName } from "../lib/schema/names.ts";
import type { CommonArguments } from "./command.ts";
import { parsed } from "./parsed.ts";
import { readSettings } from "./session.ts";
import type { Settings } from "./settings.ts";

/** The options that say which store, and which artifact in it. */
export const artifactOptions = (yargs: Argv<CommonArguments>) =>
  yargs
    .option("store", { type: "string", describe: "The store; the only one where it is left out" })
    .option("target", { type: "string", describe: "The line of artifacts; master where it is left out" })
    .option("artifact", { type: "string", describe: "The artifact; APP.tar.gz where it is left out" });

/** What a person named of a store. */
export interface Named {
  readonly config?: string | undefined;
  readonly store?: string | undefined;
  readonly app?: string | undefined;
  readonly target?: string | undefined;
  readonly artifact?: string | undefined;
}

/** A store that was opened, and the configuration that it is in. */
export function storeOf(named: Named): { readonly settings: Settings; readonly store: Store } {
  const settings = readSettings(named);
  const name = named.store === undefined ? undefined : parsed(storeName, named.store, "--store");
  return { settings, store: openStore(settings, name) };
}

/**
 * Which artifact a person means.
 * @throws {Failure} NAME_INVALID
 */
export function lineOf({ app: name, target, artifact }: Named): Line {
  if (name === undefined)
    throw new Failure("NAME_INVALID", "Cannot tell which artifact is meant: name its app, for example shop");
  const app = parsed(appName, name, "app");
  return {
    app,
    target: target === undefined ? MASTER : parsed(targetName, target, "--target"),
    artifact: parsed(artifactName, artifact ?? `${app}.tar.gz`, "--artifact"),
  };
}
