import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { repositoryName } from "../../lib/schema/names.ts";
import {
  type Authorisation,
  encodeCommand,
  newCommandId,
  digestOf,
  type Command,
} from "../../lib/security/command.ts";
import { sealed } from "../lib/security/builders.ts";
import {
  aHost,
  authorise,
  handOver,
  type Host,
  HOST,
  last,
  operator,
  order,
  typesOf,
} from "./support/host.ts";
import { aScript } from "./support/origin.ts";

let host: Host;
beforeEach(async () => {
  host = await aHost();
});
afterEach(() => host.close());

const page = () => readFileSync(join(host.layout.current, "page"), "utf8");
const ROLLBACK = {
  strategy: { canary: 1, batches: 1, maxFailures: 0, pauseSeconds: 0, onFailure: "rollback" },
};
const STOP = { strategy: { ...ROLLBACK.strategy, onFailure: "stop" } };
const cancel = ({ id, app, environment, iat, exp }: Authorisation): Command => ({
  v: 1,
  kind: "cancel",
  id: newCommandId(),
  app,
  environment,
  iat,
  exp,
  rollout: id,
  why: "changed my mind",
});

test("revert brings the former release back, and its repeat is answered with what is known", async () => {
  const one = host.origin.commit({
    page: "one",
    "deploy/post-deploy": aScript('echo "$SKEIN_REVISION" >> "$SKEIN_SHARED/ran"'),
  });
  await host.deploy(one);
  const two = host.origin.commit({ page: "two" });
  const { command } = await host.deploy(two, ROLLBACK);
  const said = await host.send("deploy.go", order("revert", command));
  expect(last(said, "deploy.finished")).toMatchObject({
    outcome: "reverted",
    revision: two,
    live: { revision: one },
  });
  expect(last(said, "host.alive")?.apps[0]).toMatchObject({ live: { revision: one }, former: null });
  expect(page()).toBe("one");
  expect(readFileSync(join(host.layout.shared, "ran"), "utf8")).toBe(`${one}\n${two}\n${one}\n`);
  const repeat = await host.send("deploy.go", order("revert", command));
  expect(repeat).toEqual([{ type: "deploy.finished", data: last(said, "deploy.finished") }]);
});

test("a first release that is reverted leaves nothing live", async () => {
  const { command } = await host.deploy(host.origin.commit({ page: "one" }), ROLLBACK);
  const said = await host.send("deploy.go", order("revert", command));
  expect(last(said, "deploy.finished")).toMatchObject({ outcome: "reverted", live: null });
  expect(existsSync(host.layout.current)).toBe(false);
});

test("a deploy that changed nothing is reverted by changing nothing", async () => {
  const one = host.origin.commit({ page: "one" });
  await host.deploy(one);
  const { command } = await host.deploy(one, ROLLBACK);
  const said = await host.send("deploy.go", order("revert", command));
  expect(last(said, "deploy.finished")).toMatchObject({ outcome: "reverted", live: { revision: one } });
  expect(page()).toBe("one");
});

test("what was authorised without a way back is not reverted", async () => {
  const { command } = await host.deploy(host.origin.commit({ page: "one" }), STOP);
  expect(last(await host.send("deploy.go", order("revert", command)), "deploy.refused")?.code).toBe(
    "E_POLICY",
  );
  expect(page()).toBe("one");
});

test.each(["abort", "cancel"] as const)(
  "%s removes what was prepared, and a late turn changes nothing",
  async (kind) => {
    const command = authorise(host.origin.commit({ page: "one" }));
    await host.send("deploy.authorised", command);
    expect(readdirSync(host.layout.releases)).toHaveLength(1);
    const said = await host.send(
      "deploy.cancelled",
      kind === "cancel" ? cancel(command) : order("abort", command),
    );
    expect(last(said, "deploy.finished")?.outcome).toBe("cancelled");
    expect(readdirSync(host.layout.releases)).toEqual([]);
    expect(last(await host.send("deploy.go", order("go", command)), "deploy.finished")?.outcome).toBe(
      "cancelled",
    );
    expect(existsSync(host.layout.current)).toBe(false);
  },
);

test("a cancel does not wait for a fetch that takes its time", async () => {
  const revision = host.origin.commit({ page: "one" });
  const { mirrors } = host.here.deps;
  const shop = repositoryName.parse("shop");
  await mirrors.fetch(shop);
  const git = mirrors.of(shop);
  let staged = (): void => undefined;
  const staging = new Promise<void>((resolve) => (staged = resolve));
  let finish = (): void => undefined;
  mirrors.of = () => ({
    ...git,
    // It is checked otherwise: this is asked when it is prepared.
    has: async (...given) => {
      staged();
      await new Promise<void>((resolve) => (finish = resolve));
      return git.has(...given);
    },
  });
  const command = authorise(revision);
  const preparing = host.send("deploy.authorised", command);
  await staging;
  const repeat = await host.send("deploy.authorised", command);
  expect(typesOf(repeat)).toEqual(["deploy.accepted"]);
  const cancelled = host.send("deploy.cancelled", cancel(command));
  finish();
  expect(last(await cancelled, "deploy.finished")?.outcome).toBe("cancelled");
  expect(typesOf(await preparing)).not.toContain("deploy.prepared");
  expect(readdirSync(host.layout.releases)).toEqual([]);
});

test("the same messages again, in any number, are answered with what is known and run nothing", async () => {
  const revision = host.origin.commit({
    page: "one",
    "deploy/post-deploy": aScript('echo x >> "$SKEIN_SHARED/ran"'),
  });
  const command = authorise(revision);
  const go = order("go", command);
  const prepared = await host.send("deploy.authorised", command);
  expect(typesOf(await host.send("deploy.authorised", command))).toEqual(["deploy.prepared"]);
  const [first, second] = await Promise.all([host.send("deploy.go", go), host.send("deploy.go", go)]);
  const finished = [{ type: "deploy.finished", data: last(first ?? [], "deploy.finished") }];
  expect(typesOf(second ?? [])).toEqual(["deploy.accepted"]);
  for (let time = 0; time < 5; time += 1) {
    expect(await host.send("deploy.go", go)).toEqual(finished);
    expect(await host.send("deploy.authorised", command)).toEqual(finished);
  }
  expect(last(prepared, "deploy.prepared")).toBeDefined();
  expect(readFileSync(join(host.layout.shared, "ran"), "utf8")).toBe("x\n");

  await host.leave();
  const again = await aHost({ after: host });
  expect(await again.send("deploy.go", go)).toEqual(finished);
  expect(await again.send("deploy.authorised", command)).toEqual(finished);
  await again.leave();
});

test("a turn that comes before the host has prepared is answered, and comes again", async () => {
  const command = authorise(host.origin.commit({ page: "one" }));
  expect(last(await host.send("deploy.go", order("go", command)), "deploy.refused")?.code).toBe(
    "ROLLOUT_UNKNOWN",
  );
});

test("an order that names another authorisation is refused", async () => {
  const command = authorise(host.origin.commit({ page: "one" }));
  await host.send("deploy.authorised", command);
  const other = digestOf(encodeCommand({ ...command, why: "something else" }));
  const said = await host.send("deploy.go", order("go", command, { authorisation: other }));
  expect(last(said, "deploy.refused")?.code).toBe("E_PRECONDITION");
  expect(existsSync(host.layout.current)).toBe(false);
});

test("an orchestrator that was replaced is ignored: its successor's order counts", async () => {
  const one = authorise(host.origin.commit({ page: "one" }));
  await host.send("deploy.authorised", one);
  await host.send("deploy.go", order("go", one, { fence: 9 }));
  const two = authorise(host.origin.commit({ page: "two" }));
  await host.send("deploy.authorised", two);
  expect(await host.send("deploy.go", order("go", two, { fence: 8 }))).toEqual([]);
  expect(page()).toBe("one");
  expect(last(await host.send("deploy.go", order("go", two, { fence: 9 })), "deploy.finished")?.outcome).toBe(
    "live",
  );
});

test("a rollout that was never given its turn gives way once it has expired", async () => {
  const iat = Math.floor(Date.now() / 1_000);
  const waiting = authorise(host.origin.commit({ page: "one" }), { iat, exp: iat + 100 });
  await host.send("deploy.authorised", waiting);
  const later = { ...host.here, now: () => new Date((iat + 200) * 1_000) };
  const next = authorise(host.origin.commit({ page: "two" }), { iat: iat + 190, exp: iat + 290 });
  const data = { host: HOST, rollout: next.id, command: await sealed(next, operator) };
  const said = await handOver("deploy.authorised", data, later);
  expect(last(said, "deploy.finished")).toMatchObject({ rollout: waiting.id, outcome: "cancelled" });
  expect(last(said, "deploy.prepared")?.rollout).toBe(next.id);
});
