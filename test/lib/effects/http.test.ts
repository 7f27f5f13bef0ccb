import { once } from "node:events";
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, test } from "vitest";
import { http } from "../../../lib/effects/http.ts";

let server: Server;
afterEach(async () => {
  server.closeAllConnections();
  server.close();
  await once(server, "close");
});

async function serve(answer: RequestListener): Promise<string> {
  server = createServer(answer).listen(0, "127.0.0.1");
  await once(server, "listening");
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

test("method, headers and body go out, status, headers and body come back", async () => {
  const url = await serve((request, response) => {
    void (async () => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      response
        .writeHead(201, { "x-said": request.headers["x-asked"] })
        .end(`${request.method} ${Buffer.concat(chunks).toString()}`);
    })();
  });
  const answer = await http(url, {
    method: "POST",
    headers: { "x-asked": "yes" },
    body: "hello",
    deadline: 5_000,
  });
  expect(answer).toMatchObject({ status: 201, cut: false, headers: { "x-said": "yes" } });
  expect(answer.body.toString()).toBe("POST hello");
});

test("a redirect is an answer: nobody follows it", async () => {
  let asked = 0;
  const url = await serve((_request, response) => {
    asked += 1;
    response.writeHead(302, { location: "/elsewhere" }).end();
  });
  expect(await http(url, { deadline: 5_000 })).toMatchObject({ status: 302 });
  expect(asked).toBe(1);
});

test("of an answer without end only the beginning is read", async () => {
  const url = await serve((_request, response) => {
    const pour = (): void =>
      void (response.write("x".repeat(10_000)) ? setImmediate(pour) : response.once("drain", pour));
    pour();
  });
  const { body, cut } = await http(url, { deadline: 5_000, most: 1_000 });
  expect([body.length, cut]).toEqual([1_000, true]);
});

test.each<[string, RequestListener]>([
  ["says nothing", () => undefined],
  ["begins and does not end", (_request, response) => void response.write("half")],
])("a server that %s does not hold anybody past the deadline", async (_what, answer) => {
  const url = await serve(answer);
  await expect(http(url, { deadline: 100 })).rejects.toMatchObject({
    code: "HTTP_FAILED",
    transient: true,
    message: expect.stringContaining("no answer within 100 ms") as string,
  });
});

test("a server that is not there fails with the address, but never with its password, nor a path or query that may hold a secret", async () => {
  const url = await serve(() => undefined);
  server.close();
  const failure = await http(`${url.replace("//", "//user:secret@")}/hooks/secret?key=secret`, {
    deadline: 1_000,
  }).catch((error: unknown) => error);
  expect(failure).toMatchObject({ code: "HTTP_FAILED", transient: true });
  expect(String(failure)).not.toContain("secret");
  expect(String(failure)).toContain(`Cannot ask ${new URL(url).origin}: `);
  server.listen(0);
});

test("whoever asked may give up", async () => {
  const url = await serve(() => undefined);
  await expect(http(url, { deadline: 5_000, signal: AbortSignal.timeout(50) })).rejects.toMatchObject({
    code: "HTTP_FAILED",
  });
});
