import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ciTrigger } from "../../../daemons/ci-trigger.ts";
import type { Data } from "../../../lib/messages/catalogue.ts";
import { buildId } from "../../../lib/schema/names.ts";
import { aPush, revisionOf } from "../../support/builders.ts";
import { listen, publish, type Started, start } from "../../support/daemons.ts";
import { describeNeeding } from "../../support/needing.ts";
import { startBuildbot } from "../../support/real-buildbot.ts";

describeNeeding(
  { buildbot: "buildbot", "buildbot-worker": "buildbot-worker" },
  "with a real Buildbot",
  () => {
    let folder: string;
    let real: Awaited<ReturnType<typeof startBuildbot>>;
    let daemon: Started;
    let news: Awaited<ReturnType<typeof listen>>;

    beforeAll(async () => {
      folder = mkdtempSync(join(tmpdir(), "skein-buildbot-"));
      real = await startBuildbot(folder);
      writeFileSync(join(folder, "password"), real.password, { mode: 0o600 });
      const job = (commands: string, repository: string) => ({
        repository,
        server: "bb",
        job: "force-unit",
        parameters: { commands },
      });
      daemon = await start(ciTrigger, () => ({
        state: folder,
        repositories: { shop: { url: "/srv/shop.git" } },
        "ci-trigger": {
          poll: "50ms",
          servers: {
            bb: {
              type: "buildbot",
              url: real.url,
              insecure: true,
              user: real.user,
              token: { file: "password" },
            },
          },
          jobs: {
            passes: job("echo all is well", "passes"),
            fails: job("echo oh dear; exit 3", "fails"),
            long: job("echo begun; sleep 600", "long"),
            again: job("true", "again"),
          },
        },
      }));
      news = await listen(daemon.hub, "build.started", "build.finished", "build.log", "event.said");
    }, 60_000);
    afterAll(async () => {
      await daemon?.stop();
      await real?.stop();
      rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
    });

    const idOf = (name: string) => buildId.parse(`${name}@${revisionOf("a")}`);
    const nextOf = async <Type extends "build.started" | "build.finished">(type: Type, name: string) =>
      (
        await news.next(
          (each) => each.type === type && "build" in each.data && each.data.build === idOf(name),
        )
      ).data as Data<Type>;
    const push = (repository: string) => publish(daemon.hub, "commit.pushed", aPush({ repository }));
    const printedBy = (name: string) =>
      news.heard.flatMap((each) =>
        each.type === "build.log" && each.data.build === idOf(name) ? each.data.lines : [],
      );

    test("a push is built, and its success told with what it printed", async () => {
      await push("passes");
      const url = expect.stringContaining(`${real.url}/#/builders/`) as string;
      expect(await nextOf("build.started", "passes")).toMatchObject({ revision: revisionOf("a"), url });
      expect(await nextOf("build.finished", "passes")).toMatchObject({ outcome: "passed", url });
      expect(printedBy("passes")).toContain("all is well");
      expect(printedBy("passes")).toContain(`building ${revisionOf("a")} of main`);
    });

    test("a failure is told with what Buildbot says of it", async () => {
      await push("fails");
      expect(await nextOf("build.finished", "fails")).toMatchObject({
        outcome: "failed",
        reason: expect.stringContaining("failed") as string,
      });
      expect(printedBy("fails")).toContain("oh dear");
    });

    test("somebody ends a build that runs", async () => {
      await push("long");
      await nextOf("build.started", "long");
      await publish(daemon.hub, "build.cancelled", {
        build: idOf("long"),
        by: "dana",
        why: "wrong branch",
        at: new Date().toISOString(),
      });
      expect(await nextOf("build.finished", "long")).toMatchObject({
        outcome: "cancelled",
        reason: "ended by dana: wrong branch",
      });
    });

    test("a Buildbot that is away is told of, and gets the build when it is back", async () => {
      await real.stopMaster();
      await push("again");
      const isSaid = (text: string) =>
        news.next((each) => each.type === "event.said" && each.data.text.includes(text));
      await isSaid("the CI server bb is in trouble");
      await real.startMaster();
      await isSaid("the CI server bb answers again");
      expect(await nextOf("build.finished", "again")).toMatchObject({ outcome: "passed" });
    });
  },
);
