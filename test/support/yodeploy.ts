import { readFileSync } from "node:fs";

/** What was done to a store of yodeploy, and what came of it; `!` before what was raised. */
export interface Operation {
  readonly op: string;
  readonly args: readonly unknown[] | { readonly app: string; readonly target: string };
  readonly result: unknown;
}

interface Deploys {
  readonly name: string;
  readonly artifacts: Readonly<
    Record<string, { readonly files: readonly string[]; readonly meta: Readonly<Record<string, string>> }>
  >;
  readonly deploys: readonly {
    readonly deploy: string;
    readonly result: string;
    readonly live: string | null;
  }[];
  readonly tree: readonly string[];
}

interface Cases {
  readonly version_sort: readonly {
    readonly input: string[];
    readonly expected: string[];
    readonly origin: string;
  }[];
  readonly next_version: readonly {
    readonly name: string;
    readonly existing: readonly string[];
    readonly target: string;
    readonly expected: string;
  }[];
  readonly repository: readonly {
    readonly name: string;
    readonly ops: readonly Operation[];
    readonly files: Readonly<Record<string, string>>;
  }[];
  readonly unpack: readonly Deploys[];
  readonly swing: readonly Deploys[];
  readonly gc: readonly {
    readonly name: string;
    readonly versions: readonly string[];
    readonly live: string | null;
    readonly keep: number;
    readonly mtime_offsets: Readonly<Record<string, number>>;
    readonly expected: readonly string[];
  }[];
  readonly locks: readonly {
    readonly name: string;
    readonly steps?: readonly {
      readonly who: "a" | "b";
      readonly op: "acquire" | "release";
      readonly result: string;
      readonly note?: string;
    }[];
  }[];
  readonly extract_tar: readonly {
    readonly name: string;
    readonly members: readonly string[];
    readonly result: readonly string[] | string;
  }[];
  readonly virtualenv_id: readonly {
    readonly requirements: string;
    readonly python: string;
    readonly platform: string;
    readonly expected: string;
  }[];
  readonly live_version: readonly { readonly live_link: string; readonly expected: string | null }[];
}

/** What yodeploy 2.1.0 did when it was run; `about` in the file tells how it was recorded. */
export const CASES = JSON.parse(
  readFileSync(new URL("../fixtures/yodeploy-cases.json", import.meta.url), "utf8"),
) as Cases;
