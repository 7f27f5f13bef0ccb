import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Line } from "../../../lib/artifacts/metadata.ts";
import { storeOn } from "../../../lib/artifacts/store.ts";
import { folderObjects } from "../../../lib/effects/stores/folder.ts";
import { artifactName, artifactVersion, targetName } from "../../../lib/schema/artifacts.ts";
import { appName, type Revision, revision } from "../../../lib/schema/names.ts";
import { aPackedTar } from "../../support/tar.ts";
import { type File, MAIN, type Origin } from "./origin.ts";

type Files = Readonly<Record<string, File | undefined>>;
type Section = Readonly<Record<string, unknown>>;

/** What can be deployed: its id, and what is signed. */
export interface Deployable {
  readonly revision: Revision;
  readonly release: Section;
}

/** What differs from driver to driver. Everything is below one folder: the app shop in `shop`, and what else the driver needs. */
export interface DriverCase {
  readonly app: (folder: string) => Section;
  /** Makes what can be deployed: what was made last, with these files changed. */
  readonly making: (folder: string, origin: Origin) => (files: Files) => Promise<Deployable>;
  /** Where visitors find the files. */
  readonly seen: string;
  /** Whether they find one release or the other at every instant. */
  readonly whole: boolean;
}

/** Of the configuration, beside the app. */
export const besides = (folder: string): Section => ({
  stores: { builds: { folder: join(folder, "builds") } },
});

/** Makes what has to be there before a first deploy. */
export function prepare(folder: string): void {
  for (const name of ["www", "builds", "uploads"]) mkdirSync(join(folder, name));
}

const fromGit =
  (release: (commit: Revision) => Section): DriverCase["making"] =>
  (_folder, origin) =>
  async (files) => {
    const commit = origin.commit(files);
    return { revision: commit, release: release(commit) };
  };

const ofCommit = fromGit((commit) => ({ type: "git", commit, ref: MAIN }));

/** Programs that note in the app's folder whether the host is out of what sends visitors to it. */
export const noting = {
  command: {
    drain: ["sh", "-c", 'echo out >"$SKEIN_ROOT/gate"'],
    undrain: ["sh", "-c", 'echo in >"$SKEIN_ROOT/gate"'],
  },
};

/** What is ready-made, and notes that it ran. */
export const migrating = { "pre-deploy": [{ migrate: ["sh", "-c", 'echo migrate >>"$SKEIN_SHARED/ran"'] }] };

/** Every driver that needs nothing but a folder. */
export const DRIVERS = {
  release: {
    app: () => ({ repository: "shop", share: ["hardlink"], drain: noting, run: migrating }),
    making: ofCommit,
    seen: "shop/current",
    whole: true,
  },
  checkout: {
    app: (folder) => ({ driver: "checkout", repository: "shop", tree: join(folder, "www") }),
    making: ofCommit,
    seen: "www",
    whole: false,
  },
  site: {
    app: (folder) => ({
      driver: "site",
      parts: {
        top: { repository: "shop", at: ".", base: MAIN },
        again: { repository: "shop", at: "modules/again", base: MAIN },
      },
      "user-data": [{ source: join(folder, "uploads"), at: "files/uploads" }],
      share: ["hardlink"],
    }),
    making: fromGit((commit) => ({
      type: "site",
      ref: MAIN,
      parts: ["top", "again"].map((part) => ({ part, commit, ref: MAIN })),
    })),
    seen: "shop/current",
    whole: true,
  },
  artifact: {
    app: () => ({ driver: "artifact", artifact: { store: "builds" } }),
    making: (folder) => archives(folder),
    seen: "shop/current",
    whole: true,
  },
} as const satisfies Readonly<Record<string, DriverCase>>;

const LINE: Line = {
  app: appName.parse("shop"),
  target: targetName.parse("master"),
  artifact: artifactName.parse("shop.tar.gz"),
};

function archives(folder: string): (files: Files) => Promise<Deployable> {
  const store = storeOn(folderObjects(join(folder, "builds")));
  const all = new Map<string, File>();
  return async (files) => {
    for (const [path, file] of Object.entries(files))
      if (file === undefined) all.delete(path);
      else all.set(path, file);
    const archive = join(folder, "archive");
    writeFileSync(
      archive,
      aPackedTar(Object.fromEntries([...all].map(([path, file]) => [path, packed(file)]))),
    );
    const version = artifactVersion.parse(String(await store.next(LINE)));
    const { sha256 } = await store.put(LINE, { file: archive, version });
    const ref = `refs/artifacts/master/${version}`;
    return { revision: revision.parse(sha256), release: { type: "artifact", digest: sha256, ref } };
  };
}

function packed(file: File) {
  if (typeof file === "string") return file;
  if ("link" in file) return { name: "", type: "2", link: file.link };
  return { name: "", contents: file.script, mode: file.mode ?? 0o755 };
}
