import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { layOut } from "../../../../lib/effects/git.ts";
import { anOrigin } from "../../../agent/support/origin.ts";
import { aFolder } from "../../../support/folder.ts";

const FILES = 200;

/** Every file below a folder, with what is in it. */
const contents = (folder: string) =>
  readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => name.includes("."))
    .toSorted()
    .map((name) => [name, readFileSync(join(folder, name), "utf8")]);

test("git that is killed while it writes leaves nothing that a second call does not put right", async () => {
  const folder = aFolder();
  const origin = anOrigin(join(folder, "origin"));
  const files = (text: string, more: string) =>
    Object.fromEntries(
      Array.from({ length: FILES }, (_, at) => [
        `${at % 20}/${at < FILES / 2 ? "both" : more}-${at}.txt`,
        text.repeat(500),
      ]),
    );
  const former = origin.commit(files("one ", "old"));
  execFileSync("git", ["rm", "-r", "--quiet", "."], { cwd: origin.url });
  const commit = origin.commit(files("two ", "new"));
  const git = { folder: join(origin.url, ".git") };
  const [index, live, wanted] = [join(folder, "index"), join(folder, "live"), join(folder, "wanted")];
  for (const [into, id] of [
    [live, former],
    [wanted, commit],
  ] as const) {
    mkdirSync(into);
    await layOut(git, { commit: id, into, index });
    rmSync(index);
  }
  const [old, right] = [contents(live), contents(wanted)];
  writeFileSync(join(live, "upload.jpg"), "mine");
  let torn = 0;
  for (let delay = 0.002; ; delay *= 1.25) {
    const through = ["timeout", "--signal=KILL", delay.toFixed(3)];
    const whole = await layOut(git, { commit, into: live, index, former, through }).then(
      () => true,
      () => false,
    );
    const now = contents(live).filter(([name]) => name !== "upload.jpg");
    if (!whole && JSON.stringify(now) !== JSON.stringify(old)) torn += 1;
    // As at the next start: whatever index was begun is not looked at.
    for (const left of [index, `${index}.lock`]) if (existsSync(left)) rmSync(left);
    await layOut(git, { commit, into: live, index, former });
    expect(contents(live)).toEqual([...right, ["upload.jpg", "mine"]]);
    if (whole) break;
    rmSync(index);
    await layOut(git, { commit: former, into: live, index, former: commit });
    rmSync(index);
  }
  expect(torn).toBeGreaterThan(0);
}, 60_000);
