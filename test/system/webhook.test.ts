import { rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Data } from "../../lib/messages/catalogue.ts";
import { http } from "../../lib/effects/http.ts";
import { githubPush, gitlabPush } from "../daemons/webhook/payloads.ts";
import { SECRET, secretIn, type Sent, sent, signedByGitlab, SIGNING } from "../daemons/webhook/sent.ts";
import { revisionOf } from "../support/builders.ts";
import { freePort } from "../support/free-port.ts";
import type { Running } from "../support/program.ts";
import { setStage, type Stage } from "../support/stage.ts";
import { until } from "../support/until.ts";

let stage: Stage;
let broker: Running;
let webhook: Running;
let port: number;

const start = async (...words: string[]): Promise<Running> => {
  const started = stage.start("run", ...words);
  await started.says("ready:");
  return started;
};

beforeAll(async () => {
  port = await freePort();
  stage = await setStage({
    config: {
      repositories: {
        shop: { url: "https://github.com/acme/shop.git" },
        site: { url: "git@gitlab.com:acme/web/shop.git" },
      },
      webhook: {
        listen: `127.0.0.1:${port}`,
        hooks: {
          github: { forge: "github", secret: { file: "../secret" } },
          gitlab: { forge: "gitlab", secret: { file: "../signing" } },
        },
      },
    },
  });
  secretIn(stage.folder);
  secretIn(stage.folder, SIGNING, "signing");
  broker = await start("broker");
  await start("ledger");
  webhook = await start("webhook");
}, 90_000);
afterAll(() => stage.close());

/** Sends something as a forge does, over HTTP. */
async function send({ path, headers, body }: Sent): Promise<number> {
  const url = `http://127.0.0.1:${port}${path}`;
  return (await http(url, { method: "POST", headers: { ...headers }, body, deadline: 10_000 })).status;
}

const pushTo = (digit: string, secret = SECRET) =>
  sent("github", githubPush({ ref: `refs/heads/${digit}`, after: revisionOf(digit) }), { secret });

/** The refs whose pushes the ledger has, each as often as it has them. */
async function recorded(): Promise<string[]> {
  const { json } = await stage.skein("history", "--of", "pushes", "--json");
  return json.map(({ data }) => (data as Data<"commit.pushed">).ref.replace("refs/heads/", "")).toSorted();
}
const hasRecorded = (...refs: string[]) =>
  until(`the ledger has ${refs.join(", ")}`, async () => {
    const found = await recorded();
    return refs.every((ref) => found.includes(ref)) && found;
  });

test("what a forge signs is announced, and what another signs is not", { timeout: 60_000 }, async () => {
  expect(await send(pushTo("4"))).toBe(202);
  expect(await send(signedByGitlab(gitlabPush()))).toBe(202);
  expect(await send(pushTo("5", "another secret, also long enough"))).toBe(401);
  expect(await hasRecorded("4", "main")).toEqual(["4", "main"]);
});

test(
  "a forge is answered 202 while the broker is away, and each push is announced once when it is back",
  { timeout: 60_000 },
  async () => {
    await broker.kill();
    await webhook.says("ECONNREFUSED");
    const digits = ["6", "7", "8", "9"];
    const pushes = digits.map((digit) => pushTo(digit));
    for (const each of pushes) expect(await send(each)).toBe(202);
    expect(await send(pushes[0] as Sent)).toBe(200);
    // It is in no memory that a power cut could take.
    await webhook.kill();
    broker = await start("broker");
    webhook = await start("webhook");
    expect(await hasRecorded(...digits)).toEqual(["4", ...digits, "main"]);
    expect(await send(pushes[0] as Sent)).toBe(200);
  },
);

test(
  "SIGHUP takes a new secret; one that is not there leaves the former in force",
  { timeout: 60_000 },
  async () => {
    const next = "the next secret, long enough";
    secretIn(stage.folder, next);
    expect(await send(pushTo("a"))).toBe(202);
    process.kill(webhook.pid, "SIGHUP");
    await webhook.says("configuration read again");
    expect(await send(pushTo("b"))).toBe(401);
    expect(await send(pushTo("b", next))).toBe(202);
    rmSync(join(stage.folder, "secret"));
    process.kill(webhook.pid, "SIGHUP");
    await webhook.says("keeping the old one");
    expect(await send(pushTo("c", next))).toBe(202);
    await hasRecorded("a", "b", "c");
    const { stdout, stderr } = webhook.said();
    expect(stdout + stderr).not.toContain(next);
  },
);
