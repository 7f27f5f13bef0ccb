import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { describeNeeding } from "../../support/needing.ts";
import { aBroker } from "./support/broker.ts";

const SCRIPTS = join(import.meta.dirname, "foreign");
const VERSIONS = ["1.0", "1.1", "1.2"] as const;

/** What a program in another language does with a broker, and sees of it. */
async function seenBy(program: string, script: string, version: string): Promise<readonly string[]> {
  const { port, log } = await aBroker();
  const { stdout, stderr } = await promisify(execFile)(
    program,
    [join(SCRIPTS, script), String(port), version],
    {
      timeout: 60_000,
      env: { PATH: "/usr/bin:/bin", LANG: "C.UTF-8" },
    },
  );
  expect(stderr).toBe("");
  expect(log.entries.filter(({ level }) => level !== "info")).toEqual([]);
  return stdout.trim().split("\n");
}

const DONE = ["work second", "transaction commit"];
const expected = (version: string, beats: boolean): readonly string[] => [
  "topic one twö three:\\n",
  ...(version === "1.0" ? [] : ["again first true"]),
  ...DONE,
  ...(version === "1.0" || !beats ? [] : ["beats alive"]),
  "durable while away",
];

interface Foreign {
  readonly library: string;
  readonly needs: Readonly<Record<string, string>>;
  readonly program: string;
  readonly script: string;
  /** Whether the library knows of heart-beats. */
  readonly beats: boolean;
}

const FOREIGN: readonly Foreign[] = [
  {
    library: "ruby-stomp",
    needs: { ruby: "ruby", stompcat: "ruby-stomp" },
    program: "ruby",
    script: "client.rb",
    beats: true,
  },
  {
    library: "python3-stomp",
    needs: { python3: "python3", "/usr/lib/python3/dist-packages/stomp/__init__.py": "python3-stomp" },
    program: "/usr/bin/python3",
    script: "client.py",
    beats: true,
  },
  {
    library: "libnet-stomp-perl",
    needs: { perl: "perl", "/usr/share/perl5/Net/Stomp.pm": "libnet-stomp-perl" },
    program: "perl",
    script: "client.pl",
    beats: false,
  },
];

for (const { library, needs, program, script, beats } of FOREIGN)
  describeNeeding(needs, `a program over ${library}`, () => {
    test.each(VERSIONS)(
      "publishes, subscribes, acknowledges, commits and is kept messages for, by STOMP %s",
      async (version) => {
        const seen = await seenBy(program, script, version);
        expect(seen).toEqual([`version ${version}`, ...expected(version, beats)]);
      },
      90_000,
    );
  });
