import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import { dial } from "../daemons/broker/support/client.ts";
import { embeddedBroker } from "../support/embedded-broker.ts";
import { aFolder } from "../support/folder.ts";
import { runSkein, startSkein } from "../support/program.ts";
import { aRepository } from "../support/repository.ts";
import { until } from "../support/until.ts";

const SAMPLES = fileURLToPath(new URL("../fixtures/legacy-config", import.meta.url));
const surroundings = (folder: string) => ({
  cwd: folder,
  env: { PATH: process.env["PATH"] ?? "", HOME: folder, LANG: "C.UTF-8" },
});

test("the samples become a folder that `skein check` finds right, with secrets that nobody else reads", async () => {
  const folder = aFolder();
  const into = join(folder, "new");
  const words = ["migrate", SAMPLES, "--into", into];
  const first = await runSkein(words, surroundings(folder));
  expect(first).toMatchObject({ status: 0, stdout: "" });
  expect(first.stderr).toMatch(
    /stomp-jenkins\.yaml:10 +jenkins-projects\.shop\.ticket +ci-trigger\.jobs\.shop\.token/,
  );
  expect(first.stderr).toContain("stop stomp-git, then: skein run repo-updater");
  expect(first.stderr).not.toContain("kit-s3cret");
  const modeOf = (name: string) => (statSync(join(into, name)).mode & 0o777).toString(8);
  expect(modeOf("skein.yaml")).toBe("600");
  expect(modeOf(".skein/secrets")).toBe("700");
  expect(modeOf(".skein/secrets/jenkins-shop")).toBe("600");
  const checked = await runSkein(["check"], surroundings(into));
  expect(checked).toMatchObject({ status: 0 });

  const before = readFileSync(join(into, "skein.yaml"), "utf8");
  const again = await runSkein(words, surroundings(folder));
  expect(again.status).toBe(64);
  expect(again.stderr).toContain("MIGRATE_THERE");
  expect(readFileSync(join(into, "skein.yaml"), "utf8")).toBe(before);
  expect(await runSkein([...words, "--force"], surroundings(folder))).toMatchObject({ status: 0 });
});

test("lines of JSON say the same, and what is nothing of the older kit is refused", async () => {
  const folder = aFolder();
  const told = await runSkein(["migrate", join(SAMPLES, "first/facts.yaml"), "--json"], surroundings(folder));
  expect(told.json[0]).toMatchObject({ config: { apps: { docs: { repository: "docs" } } } });
  expect(told.json[1]).toMatchObject({ line: 2, key: "repo_shop", kind: "the facts of gitagent" });
  writeFileSync(join(folder, "strange.yaml"), "hello: world\n");
  writeFileSync(join(folder, "broken.yaml"), "rserver: [\n");
  expect((await runSkein(["migrate", "strange.yaml"], surroundings(folder))).status).toBe(78);
  expect((await runSkein(["migrate", "nowhere"], surroundings(folder))).status).toBe(78);
  const mixed = await runSkein(
    ["migrate", "broken.yaml", join(SAMPLES, "first/facts.yaml")],
    surroundings(folder),
  );
  expect(mixed.status).toBe(78);
  expect(mixed.stderr).toContain("broken.yaml:");
});

test(
  "daemons run by the configuration that was taken over, and act on what the older kit says",
  { timeout: 60_000 },
  async () => {
    const folder = aFolder();
    const broker = await embeddedBroker();
    onTestFinished(() => broker.stop());
    const repository = await aRepository(folder);
    const head = await repository.push({ "index.html": "hello" });
    const older = join(folder, "older");
    mkdirSync(older);
    const connection = `rserver: "failover://(${broker.tcp})"\nstomp-options: "initialReconnectDelay=0.01&Timeout=-1"\n`;
    const write = (name: string, text: string) => writeFileSync(join(older, name), text);
    write(
      "stomp-git.yaml",
      `${connection}listen-topic: /topic/future.git.commits\nreport-topic: /topic/future.events.stomp-git\nrepo-list:\n  shop: {repo: ${folder}/clone, mode: branch, branch: main, target: ${folder}/site}\n`,
    );
    write("hiera.yaml", `gitconfigure:\n  shop: {repo: shop, origin: ${repository.path}}\n`);
    write(
      "stomp-jenkins.yaml",
      `${connection}listen-topic: /topic/future.git.commits\njenkins-url: http://127.0.0.1:9\njenkins-projects:\n  shop: {project: shop, ticket: a-ticket}\n`,
    );
    write(
      "keepalive.yaml",
      `stompserver1: 127.0.0.1\nstompport1: ${broker.port}\ntopics:\n  future.jenkins.success: {user: skein, pass: s3cret, type: topic}\n`,
    );
    write(
      "stomp-access.yaml",
      `${connection}listen-topic: /topic/future.access.stage\nsites:\n  preview: {file: ${folder}/preview.access, users: ${folder}/preview.users, type: nginx}\n`,
    );
    const migrated = await runSkein(["migrate", older, "--into", folder], surroundings(folder));
    expect(migrated).toMatchObject({ status: 0 });
    expect(migrated.stderr).not.toContain("repositories.shop.url: say");
    expect((await runSkein(["init"], surroundings(folder))).status).toBe(0);

    const daemons = ["repo-updater", "ci-trigger", "keepalive", "access"];
    const running = startSkein(["run", ...daemons], surroundings(folder));
    onTestFinished(() => running.kill());
    await running.says(`ready: ${daemons.join(", ")}`);
    await until("the first checkout is there", () => existsSync(join(folder, "site/index.html")));

    const next = await repository.push({ "index.html": "again" });
    const client = await dial(broker.port);
    onTestFinished(() => client.leave());
    client.write("CONNECT\nlogin:skein\npasscode:s3cret\n\n\0");
    expect((await client.hear()).command).toBe("CONNECTED");
    client.write(
      `SEND\nsubject:[shop] refs/heads/main ${next}\ndestination:/topic/future.git.commits\n\n` +
        `repo: shop\noldrev: ${head}\nnewrev: ${next}\nrefname: refs/heads/main\n ${next}\nAuthor: Kit\nDate: 2014-09-24 12:00:02 +0100\n\nAgain\n\n\0`,
    );
    await until(
      "the older text is acted upon",
      () => readFileSync(join(folder, "site/index.html"), "utf8") === "again",
    );
    expect(await running.stop()).toBe(0);
  },
);
