import { existsSync, mkdirSync, readFileSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { openDesk } from "../../agent/desk.ts";
import { aHost, authorise, type Host, last, order, typesOf } from "./support/host.ts";
import { aScript } from "./support/origin.ts";

let host: Host;
afterEach(() => host.close());

const WAITS = aScript(
  'echo begun; echo x >> "$SKEIN_SHARED/ran"; until [ -e "$SKEIN_SHARED/go" ]; do sleep 0.02; done; echo done',
);
const ran = () => readFileSync(join(host.layout.shared, "ran"), "utf8");

/** Gives a host the turn for a release whose script waits, and leaves while it runs. */
async function leftRunning(files: Parameters<Host["origin"]["commit"]>[0], app = {}) {
  host = await aHost({ app });
  const command = authorise(host.origin.commit(files));
  await host.send("deploy.authorised", command);
  const said = host.send("deploy.go", order("go", command));
  await expect.poll(() => existsSync(join(host.layout.shared, "ran")), { timeout: 5_000 }).toBe(true);
  await host.leave();
  return { command, said: await said };
}

test("a script goes on while the agent is away; the next agent joins it and finishes the deploy", async () => {
  const { command, said } = await leftRunning({ page: "one", "deploy/pre-deploy": WAITS });
  expect(typesOf(said)).not.toContain("deploy.finished");
  writeFileSync(join(host.layout.shared, "go"), "");

  const again = await aHost({ after: host });
  const news = await again.reconcile();
  expect(last(news, "deploy.finished")).toMatchObject({ outcome: "live", rollout: command.id });
  expect(typesOf(news).filter((type) => type === "host.alive")).toHaveLength(2);
  expect(ran()).toBe("x\n");
  expect(readFileSync(join(host.layout.current, "page"), "utf8")).toBe("one");
  await again.leave();
});

test("what is ready-made goes on while the agent is away, and is not done twice; what comes after it waits", async () => {
  const app = { run: { "pre-deploy": [{ migrate: ["./wait"] }, { migrate: ["./note"] }] } };
  const note = aScript('echo y >> "$SKEIN_SHARED/ran"');
  const { command } = await leftRunning({ wait: WAITS, note, "deploy/pre-deploy": note }, app);
  expect(ran()).toBe("x\n");
  writeFileSync(join(host.layout.shared, "go"), "");
  const again = await aHost({ after: host, app });
  expect(last(await again.reconcile(), "deploy.finished")).toMatchObject({
    outcome: "live",
    rollout: command.id,
  });
  expect(ran()).toBe("x\ny\ny\n");
  await again.leave();
});

test("a question is answered at once while a script runs on after a restart", async () => {
  const { command } = await leftRunning({ "deploy/pre-deploy": WAITS });
  const again = await aHost({ after: host });
  const news = again.reconcile();
  expect(typesOf(await again.send("deploy.go", order("go", command)))).toEqual(["deploy.accepted"]);
  writeFileSync(join(host.layout.shared, "go"), "");
  expect(last(await news, "deploy.finished")?.outcome).toBe("live");
  await again.leave();
});

test("a script that a reboot ended counts as failed, and what was published goes back", async () => {
  host = await aHost();
  await host.deploy(host.origin.commit({ page: "good" }));
  const command = authorise(host.origin.commit({ page: "bad", "deploy/post-deploy": WAITS }));
  await host.send("deploy.authorised", command);
  const said = host.send("deploy.go", order("go", command));
  const job = join(host.layout.jobs, `${command.id}-go-post-deploy`);
  await expect.poll(() => existsSync(join(host.layout.shared, "ran")), { timeout: 5_000 }).toBe(true);
  await host.leave();
  await said;
  process.kill(Number(readFileSync(join(job, "owner"), "utf8").split(" ")[0]), "SIGKILL");

  const again = await aHost({ after: host });
  expect(last(await again.reconcile(), "deploy.finished")).toMatchObject({
    outcome: "rolled-back",
    code: "DEPLOY_INTERRUPTED",
    phase: "post-deploy",
  });
  expect(readFileSync(join(host.layout.current, "page"), "utf8")).toBe("good");
  await again.leave();
});

test("when configuration is read again, the new agent knows the deploy that the old one performs", async () => {
  host = await aHost();
  const command = authorise(host.origin.commit({ "deploy/pre-deploy": WAITS }));
  await host.send("deploy.authorised", command);
  const said = host.send("deploy.go", order("go", command));
  await expect.poll(() => existsSync(join(host.layout.shared, "ran")), { timeout: 5_000 }).toBe(true);

  const { config, settings, log } = host.here;
  const next = { ...host.here, deps: await openDesk(config, { host: host.here.host, settings, log }) };
  expect(await host.reconcile(next)).toMatchObject([{ type: "host.alive" }]);
  expect(typesOf(await host.send("deploy.go", order("go", command), undefined, next))).toEqual([
    "deploy.accepted",
  ]);
  writeFileSync(join(host.layout.shared, "go"), "");
  const finished = last(await said, "deploy.finished");
  await host.leave();
  expect(
    last(await host.send("deploy.go", order("go", command), undefined, next), "deploy.finished"),
  ).toEqual(finished);
  expect(ran()).toBe("x\n");
  await next.deps.close();
});

test("what killed deploys left behind is gone after the next one", async () => {
  host = await aHost();
  await host.deploy(host.origin.commit({ page: "one" }));
  mkdirSync(join(host.layout.releases, ".tmp-20200101T000000-abcdef0"));
  mkdirSync(join(host.layout.jobs, "0000000000000000-go-pre-deploy"));
  symlinkSync("releases/nowhere", join(host.layout.root, ".current.0123456789ab.tmp"));
  await host.deploy(host.origin.commit({ page: "two" }));
  expect(readdirSync(host.layout.root).sort()).toEqual([".skein", "current", "releases", "shared"]);
  expect(readdirSync(host.layout.releases).filter((name) => name.startsWith("."))).toEqual([]);
  expect(readdirSync(host.layout.jobs)).toEqual([]);
});
