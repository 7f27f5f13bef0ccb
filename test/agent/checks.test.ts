import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { afterEach, expect, onTestFinished, test } from "vitest";
import { freePort } from "../support/free-port.ts";
import { aHost, type Host } from "./support/host.ts";

let host: Host;
afterEach(() => host.close());

const QUICK = { deadline: "400ms", interval: "50ms" };

/** Deploys to a host whose app has these checks, and answers how it ended. */
async function checked(...checks: readonly object[]) {
  host = await aHost({ app: { checks: checks.map((each) => ({ ...QUICK, ...each })) } });
  const { finished } = await host.deploy(host.origin.commit({ page: "hello" }));
  return finished;
}

/** Listens on a port of its own, and lets go of whoever comes, or not. */
async function listening(keeps: boolean): Promise<number> {
  const server = createServer((socket) => void (keeps ? socket.on("error", () => undefined) : socket.end()));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  const address = server.address();
  return typeof address === "object" && address !== null ? address.port : 0;
}

test("a port must take connections, and keep them", async () => {
  const [good, hangsUp, nobody] = [await listening(true), await listening(false), await freePort()];
  const tcp = (port: number) => ({ tcp: `127.0.0.1:${port}` });
  expect(await checked(tcp(good))).toMatchObject({ outcome: "live" });
  await host.close();
  expect(await checked(tcp(hangsUp))).toMatchObject({
    phase: "check",
    code: "CHECK_FAILED",
    reason: `127.0.0.1:${hangsUp} was not right within 0.4 s: it closes connections at once`,
  });
  await host.close();
  expect(await checked(tcp(nobody))).toMatchObject({
    code: "CHECK_FAILED",
    reason: expect.stringContaining("ECONNREFUSED") as string,
  });
});

test("a program must end with 0, and say what it should; it runs in what is live, in an environment of its own", async () => {
  const look = ["sh", "-c", 'cat page; echo "$SKEIN_REVISION of $SKEIN_APP on {host}"'];
  expect(await checked({ command: look, contains: "hello{revision} of shop on web1" })).toMatchObject({
    outcome: "live",
  });
  await host.close();
  expect(await checked({ command: ["sh", "-c", "echo no database; exit 3"] })).toMatchObject({
    code: "CHECK_FAILED",
    reason:
      'sh -c echo no database; exit 3 was not right within 0.4 s: it ended with 3; it begins: "no database\\n"',
  });
  await host.close();
  expect((await checked({ command: ["sleep", "60"] }))?.reason).toContain("it ran longer than");
});

test("checks are made in their order, and the first that fails is told of", async () => {
  const note = (text: string, code: number) => ({
    command: ["sh", "-c", `echo ${text} >>"$SKEIN_ROOT/looked"; exit ${code}`],
    // Each is tried once.
    deadline: "2s",
    interval: "3s",
  });
  const finished = await checked(note("one", 0), note("two", 7), note("three", 8));
  expect(finished?.reason).toContain("it ended with 7");
  expect(readFileSync(join(host.layout.root, "looked"), "utf8")).toBe("one\ntwo\n");
});

test("the end of the app's log is told with what failed, made safe; a log that never ends stops nothing", async () => {
  const places = ["app.log", "fifo", "none.log"] as const;
  const failing = (log: string) => ({ command: ["false"], log });
  host = await aHost();
  const { folder } = host;
  await host.close();
  mkdirSync(folder, { recursive: true });
  const [app, fifo, none] = places.map((name) => join(folder, name)) as [string, string, string];
  const lines = Array.from({ length: 30 }, (_, at) => `line ${at}`);
  writeFileSync(app, `${lines.join("\n")}\n\u001b[2Jhidden\n`);
  execFileSync("mkfifo", [fifo]);
  const reason = (await checked(failing(app)))?.reason;
  expect(reason).toContain(`${app} ends with:\n${lines.slice(-9).join("\n")}\n\\u001b[2Jhidden`);
  await host.close();
  expect((await checked(failing(fifo)))?.reason).toContain(`${fifo} cannot be read: it does not end`);
  await host.close();
  expect((await checked(failing(none)))?.reason).toContain("No such file");
});
