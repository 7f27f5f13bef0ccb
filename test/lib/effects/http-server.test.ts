import { connect } from "node:net";
import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { http } from "../../../lib/effects/http.ts";
import { type Asked, type HttpListener, json, listenHttp, only } from "../../../lib/effects/http-server.ts";

let listener: HttpListener;
let asked: Asked[];
let errors: unknown[];

beforeEach(async () => {
  asked = [];
  errors = [];
  listener = await listenHttp(
    { host: "127.0.0.1", port: 0 },
    (each) => {
      asked.push(each);
      if (each.path === "/fails") throw new Error("a secret reason");
      return Promise.resolve(json(202, { taken: true }));
    },
    (error) => void errors.push(error),
  );
});
afterEach(() => listener.close());

const url = (path: string) => `http://127.0.0.1:${listener.address.port}${path}`;
const deadline = 20_000;

/** What is answered to bytes as they are. */
async function answerTo(bytes: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(listener.address.port, "127.0.0.1");
    let said = "";
    socket.on("data", (chunk: Buffer) => (said += chunk.toString("latin1")));
    socket.on("close", () => resolve(said));
    socket.on("error", reject);
    socket.write(bytes);
  });
}

test("a request is handed over with its bytes as they came", async () => {
  const body = Buffer.from([0, 255, 10, 13]);
  const answer = await http(url("/in/%2F?a=1&a=2"), {
    method: "POST",
    headers: { "X-Signature": "good" },
    body,
    deadline,
  });
  expect(answer.status).toBe(202);
  expect(answer.body.toString()).toBe('{"taken":true}');
  expect(asked[0]).toMatchObject({ method: "POST", path: "/in/%2F", body });
  expect(asked[0]?.query.getAll("a")).toEqual(["1", "2"]);
});

test("a header that came twice has no one value", async () => {
  await answerTo(
    "GET / HTTP/1.1\r\nHost: x\r\nX-Once: 1\r\nX-Twice: good\r\nX-Twice: bad\r\nConnection: close\r\n\r\n",
  );
  const [request] = asked;
  if (request === undefined) throw new Error("nothing was asked");
  expect(only(request, "x-once")).toBe("1");
  expect(only(request, "x-twice")).toBeUndefined();
  expect(only(request, "x-never")).toBeUndefined();
  expect(only(request, "__proto__")).toBeUndefined();
});

test("what went wrong is told here, and not to the client", async () => {
  const answer = await http(url("/fails"), { deadline });
  expect(answer.status).toBe(500);
  expect(answer.body.toString()).toBe("");
  expect(errors).toEqual([new Error("a secret reason")]);
});

describe("what could take too much of us is refused", () => {
  test("a large body, by its announced length", async () => {
    const said = await answerTo("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 27262976\r\n\r\n");
    expect(said).toContain("413");
  });

  test("a large body that does not say how large it is", async () => {
    const answer = await http(url("/"), {
      method: "POST",
      body: Buffer.alloc(5 * 1024 * 1024 + 1),
      deadline,
    });
    expect(answer.status).toBe(413);
  });

  test("a compressed body", async () => {
    const answer = await http(url("/"), {
      method: "POST",
      headers: { "content-encoding": "gzip" },
      body: gzipSync(Buffer.alloc(1_000_000)),
      deadline,
    });
    expect(answer.status).toBe(415);
  });

  test.each([
    [
      "a length and chunks",
      "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    ],
    ["two lengths", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabc"],
    ["an unknown coding", "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n"],
    ["bare line ends", "GET / HTTP/1.1\nHost: x\n\n"],
    ["no host", "GET / HTTP/1.1\r\n\r\n"],
    ["a negative length", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n"],
    ["a blank before a colon", "GET / HTTP/1.1\r\nHost: x\r\nX-A : b\r\n\r\n"],
    ["a folded header", "GET / HTTP/1.1\r\nHost: x\r\nX-A: b\r\n c\r\n\r\n"],
    ["a NUL in a header", "GET / HTTP/1.1\r\nHost: x\r\nX-A: b\0c\r\n\r\n"],
    ["a header of 20 kB", `GET / HTTP/1.1\r\nHost: x\r\nX-A: ${"b".repeat(20_000)}\r\n\r\n`],
  ])("%s", async (_what, bytes) => {
    expect(await answerTo(bytes)).toMatch(/^HTTP\/1\.1 4(00|31)/);
    expect(asked).toEqual([]);
  });

  test("a body that never ends, after ten seconds", { timeout: 20_000 }, async () => {
    const said = await answerTo("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc");
    expect(said).toMatch(/^HTTP\/1\.1 408/);
    expect(asked).toEqual([]);
  });
});

test("beyond loopback it does not listen without TLS", async () => {
  const listening = listenHttp(
    { host: "0.0.0.0", port: 0 },
    () => Promise.reject(new Error("never")),
    () => undefined,
  );
  await expect(listening).rejects.toMatchObject({ code: "LISTEN_REFUSED" });
});

test("a port that is taken is named", async () => {
  const { port } = listener.address;
  const listening = listenHttp(
    { host: "127.0.0.1", port },
    () => Promise.reject(new Error("never")),
    () => undefined,
  );
  await expect(listening).rejects.toMatchObject({
    code: "LISTEN_FAILED",
    message: expect.stringContaining(`127.0.0.1:${port}`) as string,
  });
});
