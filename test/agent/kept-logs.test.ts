import { afterEach, expect, test } from "vitest";
import { logsOf } from "../../agent/kept-logs.ts";
import type { Data } from "../../lib/messages/catalogue.ts";
import { newCommandId } from "../../lib/security/command.ts";
import { hostName } from "../../lib/schema/names.ts";
import { aHost, HOST, type Host, last, linesOf } from "./support/host.ts";
import { aScript } from "./support/origin.ts";

let host: Host;
afterEach(() => host.close());

type Asked = Data<"log.asked">;

const ask = async (asked: Omit<Asked, "question">): Promise<Data<"log.told"> | undefined> =>
  last(await logsOf({ question: newCommandId(), ...asked }, host.here), "log.told");

/** All pages of what a program printed. */
async function allOf(rollout: Asked["rollout"], job: string): Promise<string> {
  const pages: Buffer[] = [];
  for (let at: number | null | undefined = 0; at !== null && at !== undefined;) {
    const told = await ask({ rollout, page: { host: HOST, job, offset: at } });
    pages.push(Buffer.from(told?.page?.data ?? "", "base64"));
    at = told?.page?.next;
  }
  return Buffer.concat(pages).toString("utf8");
}

const LINES = 60_000;
const COUNTING = aScript(`seq ${LINES}`);
const counted = Array.from({ length: LINES }, (_, at) => `${at + 1}\n`).join("");

test("what is too long to be told while it runs stays on the host, and can be asked for page by page", async () => {
  host = await aHost();
  const revision = host.origin.commit({
    "deploy/pre-deploy": aScript("echo first"),
    "deploy/post-deploy": COUNTING,
  });
  const { command, gone } = await host.deploy(revision);
  const { id: rollout } = command;
  expect(linesOf(gone, "post-deploy").length).toBeLessThan(LINES / 2);
  expect((await ask({ rollout }))?.jobs).toEqual([
    { job: "go-pre-deploy", bytes: 6, lost: 0 },
    { job: "go-post-deploy", bytes: counted.length, lost: 0 },
  ]);
  expect(await allOf(rollout, "go-post-deploy")).toBe(counted);
});

test("of more than is kept, the beginning and the end are there, and how much is not", async () => {
  host = await aHost({ config: { "script-output": "64KiB" } });
  const { command } = await host.deploy(host.origin.commit({ "deploy/pre-link": COUNTING }));
  const [job] = (await ask({ rollout: command.id }))?.jobs ?? [];
  const kept = 2 * 64 * 1024;
  expect(job).toEqual({ job: "go-pre-link", bytes: kept, lost: counted.length - kept });
  expect(await allOf(command.id, "go-pre-link")).toBe(
    counted.slice(0, kept / 2) + counted.slice(counted.length - kept / 2),
  );
});

test("logs of some rollouts are kept, and then go", async () => {
  host = await aHost();
  const { command: first } = await host.deploy(
    host.origin.commit({ "deploy/pre-link": aScript("echo first") }),
  );
  for (let at = 0; at < 9; at += 1) await host.deploy(host.origin.commit({ page: `${at}` }));
  expect(await allOf(first.id, "go-pre-link")).toBe("first\n");
  await host.deploy(host.origin.commit({ page: "one more" }));
  await host.deploy(host.origin.commit({ page: "another" }));
  expect(await ask({ rollout: first.id })).toBeUndefined();
});

test("nothing is answered for another host, for a rollout that nobody knows, or for what is no program's", async () => {
  host = await aHost();
  const { command } = await host.deploy(host.origin.commit({ "deploy/pre-link": aScript("echo secret") }));
  const page = { host: HOST, job: "go-pre-link", offset: 0 };
  const { id: rollout } = command;
  expect((await ask({ rollout, page }))?.page).toMatchObject({ next: null });
  expect(await ask({ rollout, page: { ...page, host: hostName.parse("web9") } })).toBeUndefined();
  expect(await ask({ rollout: newCommandId(), page })).toBeUndefined();
  expect(await ask({ rollout, page: { ...page, job: "go-post-deploy" } })).toBeUndefined();
  expect((await ask({ rollout, page: { ...page, offset: 1_000_000 } }))?.page).toMatchObject({
    data: "",
    next: null,
  });
});
