import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { buildbot } from "../../../../lib/effects/ci/buildbot.ts";
import type { CiServer, Handle } from "../../../../lib/effects/ci/ci.ts";
import { http } from "../../../../lib/effects/http.ts";
import { buildId, refName } from "../../../../lib/schema/names.ts";
import { Secret } from "../../../../lib/schema/secret.ts";
import { revisionOf } from "../../../support/builders.ts";
import { describeNeeding } from "../../../support/needing.ts";
import { anOrder } from "../../../support/orders.ts";
import { startBuildbot } from "../../../support/real-buildbot.ts";
import { until } from "../../../support/until.ts";

const place = { job: "force-unit", ref: refName.parse("refs/heads/main") };
const orderOf = (name: string, commands: string) =>
  anOrder({
    ...place,
    build: buildId.parse(`${name}@${revisionOf("a")}`),
    wanted: Date.now(),
    parameters: { commands },
  });

describeNeeding({ buildbot: "buildbot", "buildbot-worker": "buildbot-worker" }, "a real Buildbot", () => {
  let folder: string;
  let real: Awaited<ReturnType<typeof startBuildbot>>;
  let ci: CiServer;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "skein-buildbot-"));
    real = await startBuildbot(folder);
    ci = buildbot({ url: real.url, http, user: real.user, token: new Secret(real.password) });
  }, 60_000);
  afterAll(async () => {
    await real?.stop();
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  });

  const endOf = (handle: Handle) =>
    until("the build ends", async () => {
      const progress = await ci.poll(handle, place);
      return progress.state === "ended" && progress;
    });
  const runs = (handle: Handle) =>
    until("the build runs", async () => {
      const progress = await ci.poll(handle, place);
      return progress.state === "running" && progress;
    });

  test("a build passes, at the revision that was asked for; what it printed is read in pieces", async () => {
    const handle = await ci.trigger(orderOf("passes", "echo one; echo two"));
    const ended = await endOf(handle);
    expect(ended).toMatchObject({
      result: "passed",
      url: expect.stringMatching(/builders\/\d+\/builds\/\d+$/) as string,
    });
    const printed = await ci.log(ended.handle, place, "");
    expect(printed.text).toContain(`building ${revisionOf("a")} of main\n`);
    expect(printed.text).toContain("one\ntwo\n");
    // What Buildbot says of a step holds the environment of the worker.
    expect(printed.text).not.toContain("environment:");
    expect(await ci.log(ended.handle, place, printed.from)).toMatchObject({ text: "", from: printed.from });
  });

  test("a build fails", async () => {
    const ended = await endOf(await ci.trigger(orderOf("fails", "exit 3")));
    expect(ended).toMatchObject({ result: "failed", reason: expect.stringContaining("failed") as string });
  });

  test("a build that runs is stopped, and one that waits behind it is taken from the queue", async () => {
    const running = await ci.trigger(orderOf("long", "echo begun; sleep 600"));
    const waiting = await ci.trigger(orderOf("behind", "true"));
    const { handle } = await runs(running);
    expect(await ci.poll(waiting, place)).toMatchObject({ state: "queued" });
    await ci.cancel(waiting, place);
    expect(await endOf(waiting)).toMatchObject({ result: "cancelled" });
    await ci.cancel(handle, place);
    expect(await endOf(handle)).toMatchObject({ result: "cancelled" });
  });

  test("what was asked for is found again by whose build it is", async () => {
    const order = orderOf("found", "true");
    expect(await ci.locate(order)).toBeUndefined();
    const handle = await ci.trigger(order);
    expect(await ci.locate(order)).toEqual(handle);
    expect(await ci.locate({ ...order, wanted: Date.now() + 3_600_000 })).toBeUndefined();
    await endOf(handle);
  });

  test("what nobody began is lost", async () => {
    expect(await ci.poll({ item: "99999" }, place)).toEqual({ state: "lost" });
  });

  test.each([
    ["a wrong password", { token: new Secret("wrong") }, "force-unit", "CI_REFUSED"],
    ["nobody in particular", { user: undefined, token: undefined }, "force-unit", "CI_REFUSED"],
    ["a scheduler that is not there", {}, "nope", "CI_JOB_UNKNOWN"],
    ["what can be no scheduler", {}, "../builders/1", "CI_JOB_UNKNOWN"],
  ])("%s is refused", async (_what, more, job, code) => {
    const other = buildbot({
      url: real.url,
      http,
      user: real.user,
      token: new Secret(real.password),
      ...more,
    });
    const refused = other.trigger({ ...orderOf("refused", "true"), job });
    await expect(refused).rejects.toMatchObject({ code, transient: false });
  });
});
