import { chmodSync, chownSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { aFolder } from "../support/folder.ts";
import { describeNeeding, ROOT } from "../support/needing.ts";
import { aScript } from "./support/origin.ts";
import { aHost, type Host, last, linesOf } from "./support/host.ts";

let host: Host;
afterEach(() => host.close());

function aControl(mode = 0o755) {
  const folder = join(aFolder(), "control");
  mkdirSync(folder);
  const script = join(folder, "pre-link.sh");
  writeFileSync(script, "#!/bin/sh\necho of the host, $2\necho made >made\n");
  chmodSync(script, mode);
  return { folder, script };
}

/** Deploys a revision with a script of its own, and answers how it ended. */
async function deployed(app: object) {
  host = await aHost({ app: { ...app } });
  return host.deploy(host.origin.commit({ "deploy/pre-link": aScript("echo of the revision") }));
}

test("with a control folder the scripts are those of the host, and none of the revision; files have the mask of the app", async () => {
  const { folder } = aControl();
  const { gone, finished } = await deployed({ control: folder, umask: "027" });
  expect(finished).toMatchObject({ outcome: "live" });
  expect(linesOf(gone, "pre-link")).toEqual(["of the host, main"]);
  const made = join(host.layout.root, host.current(), "made");
  expect(readFileSync(made, "utf8")).toBe("made\n");
  expect(statSync(made).mode & 0o777).toBe(0o640);
});

test("a control folder that is not there, or holds what cannot be run, is told of before anything is built", async () => {
  const { prepared } = await deployed({ control: "/nonexistent/{app}" });
  expect(last(prepared, "deploy.finished")).toMatchObject({
    phase: "fetch",
    code: "CONTROL_MISSING",
    reason: expect.stringContaining("/nonexistent/shop") as string,
  });
  await host.close();
  const again = await deployed({ control: aControl(0o644).folder });
  expect(again.finished).toMatchObject({ phase: "fetch", code: "SCRIPT_NOT_EXECUTABLE" });
});

test("a control folder that somebody else could change is not used: not the folder, not a script, not where its link leads", async () => {
  const open = aControl();
  chmodSync(open.folder, 0o777);
  expect((await deployed({ control: open.folder })).finished).toMatchObject({
    code: "CONTROL_UNSAFE",
    reason: expect.stringContaining(`chmod go-w ${open.folder}`) as string,
  });
  await host.close();
  expect((await deployed({ control: aControl(0o775).folder })).finished).toMatchObject({
    code: "CONTROL_UNSAFE",
  });
  await host.close();
  const [linking, elsewhere] = [aControl(), aControl(0o777)];
  symlinkSync(elsewhere.script, join(linking.folder, "post-deploy"));
  expect((await deployed({ control: linking.folder })).finished).toMatchObject({
    code: "CONTROL_UNSAFE",
    reason: expect.stringContaining(elsewhere.script) as string,
  });
});

describeNeeding({ [ROOT]: "root" }, "as root,", () => {
  test("a control folder of somebody else is not used, unless it is the app's user", async () => {
    const { folder } = aControl();
    chownSync(folder, 65_534, 65_534);
    expect((await deployed({ control: folder })).finished).toMatchObject({
      code: "CONTROL_UNSAFE",
      reason: expect.stringContaining("belongs to the user 65534") as string,
    });
  });
});
