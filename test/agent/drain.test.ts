import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { aHost, type Host, order } from "./support/host.ts";
import { aScript } from "./support/origin.ts";

let host: Host;
afterEach(() => host.close());

const noting = (what: string) => [
  "sh",
  "-c",
  `echo "${what} $(cat "$SKEIN_CURRENT/page")" >>"$SKEIN_ROOT/seen"`,
];
const drain = { command: { drain: noting("out"), undrain: noting("in") } };
const check = { command: [...noting("look"), "&&", "true"].slice(0, 3), deadline: "1s" };
const NOTE = aScript('echo "told $(cat page)" >>"$SKEIN_ROOT/seen"');

/** What was noted since the last look. */
const seen = () => {
  const file = join(host.layout.root, "seen");
  const lines = readFileSync(file, "utf8").trim().split("\n");
  writeFileSync(file, "");
  return lines;
};

test("nobody is sent to a host from before anything changes until the check has passed", async () => {
  host = await aHost({ app: { drain, check } });
  await host.deploy(host.origin.commit({ page: "one", "deploy/post-deploy": NOTE }));
  seen();
  await host.deploy(host.origin.commit({ page: "two" }));
  expect(seen()).toEqual(["out one", "told two", "look two", "in two"]);
});

test("on the way back the host stays out until the former release is live and was told", async () => {
  host = await aHost({ app: { drain } });
  await host.deploy(host.origin.commit({ page: "one", "deploy/post-deploy": NOTE }));
  seen();
  const broken = host.origin.commit({ page: "two", "deploy/post-deploy": aScript("exit 1") });
  expect((await host.deploy(broken)).finished?.outcome).toBe("rolled-back");
  expect(seen()).toEqual(["out one", "told one", "in one"]);
});

test("a deploy that is taken back later takes the host out once more", async () => {
  host = await aHost({ app: { drain } });
  await host.deploy(host.origin.commit({ page: "one", "deploy/post-deploy": NOTE }));
  const { command } = await host.deploy(host.origin.commit({ page: "two" }));
  seen();
  await host.send("deploy.cancelled", order("revert", command));
  expect(seen()).toEqual(["out two", "told one", "in one"]);
});

test("where the host cannot be taken out, nothing changes", async () => {
  host = await aHost({ app: { drain } });
  const page = () => readFileSync(join(host.layout.current, "page"), "utf8");
  await host.deploy(host.origin.commit({ page: "one" }));
  const failing = { command: { drain: ["sh", "-c", "echo not now; exit 7"], undrain: ["true"] } };
  const { folder, origin } = host;
  await host.leave();
  const after = await aHost({ after: { folder, origin }, app: { drain: failing } });
  const { finished } = await after.deploy(origin.commit({ page: "two" }));
  expect(finished).toMatchObject({
    outcome: "rolled-back",
    code: "TRAFFIC_REFUSED",
    reason: expect.stringContaining("it ended with 7: not now") as string,
  });
  expect(page()).toBe("one");
  await after.leave();
});
