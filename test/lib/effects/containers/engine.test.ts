import { createServer, type RequestListener } from "node:http";
import { join } from "node:path";
import fc from "fast-check";
import { expect, onTestFinished, test } from "vitest";
import { engineAt } from "../../../../lib/effects/containers/engine.ts";
import { openSaid, textOfLog } from "../../../../lib/effects/containers/said.ts";
import { aFolder } from "../../../support/folder.ts";

/** Something that listens where an engine should, and says that it is one. */
async function listening(answer: RequestListener, version = "1.41") {
  const socket = join(aFolder(), "engine.sock");
  const asked: string[] = [];
  const server = createServer((request, response) => {
    if (request.url === "/_ping") {
      response.setHeader("api-version", version).end("OK");
      return;
    }
    asked.push(`${request.method} ${request.url}`);
    answer(request, response);
  });
  await new Promise<void>((resolve) => void server.listen(socket, resolve));
  onTestFinished(async () => {
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeAllConnections();
    await closed;
  });
  return { engine: engineAt(socket), asked };
}

const json =
  (value: unknown, status = 200): RequestListener =>
  (_request, response) =>
    void response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(value));

test("an engine is asked in the newest version that both sides know", async () => {
  const older = await listening(json([]));
  await older.engine.list({});
  expect(older.asked[0]).toMatch(/^GET \/v1\.41\/containers\/json\?/);
  const newer = await listening(json([]), "1.52");
  await newer.engine.list({});
  expect(newer.asked[0]).toMatch(/^GET \/v1\.44\//);
});

test.each([
  ["is too old", "1.23", "must be 1.24 at least"],
  ["says nothing that makes sense", "geese", "no container engine"],
])("one that %s is refused", async (_what, version, says) => {
  const { engine } = await listening(json([]), version);
  const refused = engine.list({});
  await expect(refused).rejects.toMatchObject({ code: "ENGINE_REFUSED" });
  await expect(refused).rejects.toThrow(says);
});

test("where nothing listens, the message names the socket, and it may pass", async () => {
  const socket = join(aFolder(), "nothing.sock");
  const asked = engineAt(socket).list({});
  await expect(asked).rejects.toMatchObject({ code: "ENGINE_UNREACHABLE", transient: true });
  await expect(asked).rejects.toThrow(socket);
});

test("what does not end in time is given up", async () => {
  const { engine } = await listening(({ url = "" }, response) => {
    if (url.includes("/load")) response.write('{"stream":"on'); // and never more
  });
  const archive = async function* () {
    yield Buffer.from("x");
  };
  const loading = engine.load(archive(), 200);
  await expect(loading).rejects.toMatchObject({ code: "ENGINE_UNREACHABLE" });
  await expect(loading).rejects.toThrow("took longer than 200 ms");
});

test("an answer without an end is not read to its end", async () => {
  const { engine } = await listening((_request, response) => {
    const more = () => void (response.destroyed || response.write(Buffer.alloc(256 * 1024, "["), more));
    more();
  });
  await expect(engine.list({})).rejects.toThrow("more than 4194304 bytes");
});

test.each([
  ["no JSON", "<html>"],
  ["something else", '{"geese":7}'],
  ["a list of something else", '[{"Id":7}]'],
])("an answer that is %s is refused", async (_what, text) => {
  const { engine } = await listening((_request, response) => void response.end(text));
  await expect(engine.list({})).rejects.toMatchObject({ code: "ENGINE_REFUSED" });
});

test("what an engine refuses is told in its own words", async () => {
  const { engine } = await listening(json({ message: "no space left on device" }, 500));
  const starting = engine.start("abc");
  await expect(starting).rejects.toMatchObject({ code: "ENGINE_REFUSED", transient: true });
  await expect(starting).rejects.toThrow("no space left on device");
});

test("a container that cannot be removed at once is removed a little later, or told of", async () => {
  let tries = 0;
  const busy = await listening((_request, response) => {
    tries += 1;
    response.writeHead(tries < 3 ? 409 : 204).end();
  });
  await busy.engine.remove("abc");
  expect(tries).toBe(3);
  const stuck = await listening(json({ message: "it is restarting" }, 500));
  await expect(stuck.engine.remove("abc")).rejects.toThrow("it is restarting");
});

test("names from outside do not become other paths", async () => {
  const { engine, asked } = await listening(json({}, 404));
  await engine.inspect("../../images/prune?x=1");
  expect(await engine.imageId("a/../../b?c")).toBeUndefined();
  await engine.imageId("team/shop?c");
  expect(asked).toEqual([
    "GET /v1.41/containers/..%2F..%2Fimages%2Fprune%3Fx%3D1/json",
    "GET /v1.41/images/team/shop%3Fc/json",
  ]);
});

test("an error at the end of a pull counts, whatever was said before, and however it was cut", () => {
  const words = [
    { status: "Pulling" },
    { progress: "x".repeat(70_000) },
    { stream: "Loaded image: shop:1\n" },
    { errorDetail: { message: "unauthorized" }, error: "unauthorized" },
  ];
  const bytes = Buffer.from(words.map((each) => JSON.stringify(each)).join("\n"));
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 50_000 }), { maxLength: 5 }), (cuts) => {
      const said = openSaid();
      let at = 0;
      for (const cut of [...cuts, bytes.length]) {
        said.add(bytes.subarray(at, at + cut));
        at += cut;
      }
      expect(said.end()).toEqual({ lines: ["Loaded image: shop:1\n"], error: "unauthorized" });
    }),
    { numRuns: 50 },
  );
});

test("a log is text, in frames or without them, and whatever it holds", () => {
  const frame = (text: string, stream = 1) => {
    const head = Buffer.alloc(8);
    head[0] = stream;
    head.writeUInt32BE(Buffer.byteLength(text), 4);
    return Buffer.concat([head, Buffer.from(text)]);
  };
  expect(textOfLog(Buffer.concat([frame("one\n"), frame("two\n", 2)]))).toBe("one\ntwo\n");
  expect(textOfLog(Buffer.from("by a terminal\n"))).toBe("by a terminal\n");
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 200 }),
      (bytes) => typeof textOfLog(Buffer.from(bytes)) === "string",
    ),
  );
});
