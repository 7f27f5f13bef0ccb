import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { aHost, type Host, last, typesOf } from "./support/host.ts";
import { aScript } from "./support/origin.ts";

let host: Host;
afterEach(() => host.close());

test("a signed deploy is accepted, prepared, and made live at its turn", async () => {
  host = await aHost();
  const revision = host.origin.commit({ "index.html": "hello" });
  const { command, prepared, gone, finished } = await host.deploy(revision);
  expect(typesOf(prepared).filter((type) => type !== "deploy.progress")).toEqual([
    "deploy.accepted",
    "deploy.prepared",
  ]);
  expect(finished).toMatchObject({
    outcome: "live",
    revision,
    live: { revision, by: "alice@example.com", rollout: command.id },
  });
  expect(readFileSync(join(host.layout.current, "index.html"), "utf8")).toBe("hello");
  expect(host.current()).toBe(`releases/${last(prepared, "deploy.prepared")?.release}`);
  expect(last(gone, "host.alive")?.apps[0]?.live?.revision).toBe(revision);
});

test("scripts run in their order, with the tag and the whole of their environment", async () => {
  host = await aHost({ labels: { role: "web" } });
  const note = aScript('echo "$SKEIN_PHASE $1 $2" >> "$SKEIN_SHARED/order"; env | cut -d = -f 1 | sort; pwd');
  const revision = host.origin.commit({
    "deploy/pre-deploy": note,
    "deploy/pre-link.sh": note,
    "deploy/post-deploy": note,
  });
  const { gone, finished } = await host.deploy(revision);
  expect(finished?.outcome).toBe("live");
  expect(readFileSync(join(host.layout.shared, "order"), "utf8")).toBe(
    "pre-deploy -t main\npre-link -t main\npost-deploy -t main\n",
  );
});
