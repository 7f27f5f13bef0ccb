import { Buffer } from "node:buffer";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Decoder } from "../../../../daemons/broker/codec/decode.ts";
import { encode } from "../../../../daemons/broker/codec/encode.ts";
import { clientCommands, type Frame, frame, versions } from "../../../../daemons/broker/codec/frame.ts";
import { defaultLimits } from "../../../../daemons/broker/limits.ts";
import { ProtocolError } from "../../../../daemons/broker/protocol-error.ts";
import { bytesOf, cuts, frames, slices } from "../support/frames.ts";

function decoder(version: (typeof versions)[number] = "1.2"): Decoder {
  const decoder = new Decoder(defaultLimits);
  decoder.version = version;
  return decoder;
}

function decodeAll(decoder: Decoder, chunks: Iterable<Buffer>): Frame[] {
  return [...chunks].flatMap((chunk) => [...decoder.decode(chunk)]);
}

const decode = (text: string | Buffer, version?: (typeof versions)[number]) =>
  decodeAll(decoder(version), [Buffer.from(text)]);

function thrownBy(work: () => void): unknown {
  try {
    work();
    return undefined;
  } catch (error) {
    return error;
  }
}

const isRefusal = (error: unknown) => error === undefined || error instanceof ProtocolError;

/** What is left of a frame to compare. */
const shape = ({ command, headers, body }: Frame) => ({
  command,
  headers: Object.fromEntries([...headers].filter(([name]) => name !== "content-length")),
  body: body.toString("hex"),
});

describe("properties", () => {
  test.each(versions)("frames of %s do not depend on where the network cut the bytes", (version) => {
    fc.assert(
      fc.property(fc.array(frames(version), { maxLength: 6 }), cuts, (sent, at) => {
        const bytes = Buffer.concat(sent.map((each) => bytesOf(each, version)));
        expect(decodeAll(decoder(version), slices(bytes, at)).map(shape)).toEqual(sent.map(shape));
      }),
      { numRuns: 300 },
    );
  });

  test("frames do not depend on the cuts, byte by byte either", () => {
    fc.assert(
      fc.property(fc.array(frames("1.2"), { maxLength: 3 }), (sent) => {
        const bytes = Buffer.concat(sent.map((each) => bytesOf(each, "1.2")));
        const chunks = Array.from(bytes, (byte) => Buffer.from([byte]));
        expect(decodeAll(decoder(), chunks).map(shape)).toEqual(sent.map(shape));
      }),
      { numRuns: 50 },
    );
  });

  test("garbage is a ProtocolError or nothing yet, and is not hoarded", () => {
    const garbage = fc.array(
      fc.oneof(
        fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
        fc.constantFrom(
          "SEND\n",
          "\n\n",
          "\0",
          ":",
          "content-length:5\n",
          "content-length:-1\n",
          "\\c",
          "\r\n",
          "a:b\n",
        ),
        fc.constantFrom(...clientCommands),
      ),
      { maxLength: 30 },
    );
    fc.assert(
      fc.property(garbage, cuts, (pieces, at) => {
        const bytes = Buffer.concat(pieces.map((piece) => Buffer.from(piece)));
        expect(thrownBy(() => decodeAll(decoder(), slices(bytes, at)))).toSatisfy(isRefusal);
      }),
      { numRuns: 3_000 },
    );
  });

  test("a hundred megabytes of anything leave no more than one frame in memory", () => {
    const chunk = Buffer.alloc(64 * 1024, "a");
    const before = process.memoryUsage().rss;
    for (const opening of ["", "SEND\n", "SEND\na:", "SEND\n\n", "SEND\ncontent-length:1048576\n\n"]) {
      const each = decoder();
      expect(() => {
        decodeAll(each, [Buffer.from(opening)]);
        for (let sent = 0; sent < 100 * 1024 * 1024; sent += chunk.length) decodeAll(each, [chunk]);
      }).toThrow(ProtocolError);
    }
    expect(process.memoryUsage().rss - before).toBeLessThan(40 * 1024 * 1024);
  });
});

test("what a frame changes holds for the frame after it, in the same bytes", () => {
  const each = decoder("1.0");
  const seen: (string | undefined)[] = [];
  for (const { headers } of each.decode(Buffer.from("SEND\na:\\\\\n\n\0SEND\na:\\\\\n\n\0"))) {
    seen.push(headers.get("a"));
    each.version = "1.2";
  }
  expect(seen).toEqual([String.raw`\\`, "\\"]);
});

test("lines may end with CR LF, and ends of line between frames are counted as heart-beats", () => {
  const each = decoder();
  const [first, second] = decodeAll(each, [
    Buffer.from("\n\r\nSEND\r\ndestination:/queue/a\r\n\r\nbody\0\n\nSEND\n\n\0\r\n"),
  ]);
  expect(first?.headers.get("destination")).toBe("/queue/a");
  expect(first?.body.toString()).toBe("body");
  expect(second?.headers.size).toBe(0);
  expect(each.beats).toBe(5);
  expect(each.midFrame).toBe(false);
});

test("a header in UTF-8 survives being cut inside a character", () => {
  const bytes = Buffer.from("SEND\nname:åäö€😀\n\n\0");
  for (let at = 1; at < bytes.length; at++) {
    const [got] = decodeAll(decoder(), slices(bytes, [at]));
    expect(got?.headers.get("name")).toBe("åäö€😀");
  }
});

test("a body is bytes: with content-length it may hold NUL and what is no UTF-8", () => {
  const body = Buffer.from([0, 255, 0, 10, 128]);
  const bytes = Buffer.concat(encode(frame("SEND", { destination: "/queue/a" }, body), "1.2"));
  expect(decode(bytes).map(({ body }) => body)).toEqual([body]);
});

test("a large body arrives whole, without content-length too", () => {
  const body = "x".repeat(defaultLimits.body);
  expect(decode(`SEND\n\n${body}\0`)[0]?.body.length).toBe(body.length);
});

// The rows S2 to S8 of the catalogue of bad input.
test.each([
  ["-1", "a"],
  ["abc", "a"],
  ["1e3", "a"],
  ["+5", "aaaaa"],
  ["99999999999", ""],
  ["007", "aaaaaaa"],
  ["1.0", "a"],
  ["", ""],
  [" 1", "a"],
])("S2: content-length %j is refused at once", (length, body) => {
  expect(() => decode(`SEND\ncontent-length:${length}\n\n${body}`)).toThrow(ProtocolError);
});

test("S2: two content-lengths are refused, unless they are the same", () => {
  expect(() => decode("SEND\ncontent-length:1\ncontent-length:2\n\na\0")).toThrow(
    "two different content-lengths",
  );
  expect(decode("SEND\ncontent-length:1\ncontent-length:1\n\na\0")).toHaveLength(1);
});

test("S3: a content-length that is too short or too long is refused", () => {
  expect(() => decode("SEND\ncontent-length:1\n\nabc\0")).toThrow("no NUL after the body");
  expect(() => decode("SEND\ncontent-length:4\n\nabc\0SEND\n\n\0")).toThrow("no NUL after the body");
});

test.each(["1.1", "1.2"] as const)("S4: an undefined escape is refused in %s", (version) => {
  for (const value of [String.raw`a\tb`, String.raw`\x`, "end\\", "\\😀"]) {
    expect(() => decode(`SEND\na:${value}\n\n\0`, version)).toThrow("no such escape sequence");
  }
});

test("S4: a backslash is just that in 1.0, and in CONNECT in any version", () => {
  expect(decode("SEND\na:\\t\\\n\n\0", "1.0")[0]?.headers.get("a")).toBe("\\t\\");
  expect(decode("CONNECT\npasscode:\\t:\\\n\n\0", "1.2")[0]?.headers.get("passcode")).toBe("\\t:\\");
});

test("S4: a CR is written as an escape in 1.2 only", () => {
  expect(decode("SEND\na:\\r\n\n\0", "1.2")[0]?.headers.get("a")).toBe("\r");
  expect(() => decode("SEND\na:\\r\n\n\0", "1.1")).toThrow(ProtocolError);
});

test.each([
  ["a header without a colon", "SEND\nabc\n\n\0"],
  ["a header without a name", "SEND\n:abc\n\n\0"],
  ["a NUL in a header", "SEND\na:b\0c\n\n\0"],
  ["a frame that ends in its headers", "SEND\na:b\0\n\n\0"],
  ["a bare CR in a header", "SEND\na:b\rc\n\n\0"],
])("S5: %s is refused", (_name, text) => {
  expect(() => decode(text)).toThrow(ProtocolError);
});

test("S5: of a repeated header the first counts", () => {
  const [got] = decode("SEND\na:1\na:2\n__proto__:x\nconstructor:y\n\n\0");
  expect([...(got?.headers ?? [])]).toEqual([
    ["a", "1"],
    ["__proto__", "x"],
    ["constructor", "y"],
  ]);
});

test("S6: a header that is no UTF-8 is refused", () => {
  for (const bytes of [[0xff], [0xc3], [0xed, 0xa0, 0x80], [0xc0, 0x80]]) {
    const text = Buffer.concat([Buffer.from("SEND\na:"), Buffer.from(bytes), Buffer.from("\n\n\0")]);
    expect(() => decode(text)).toThrow("not UTF-8");
  }
});

test("S7: headers are bounded in number, in length and together", () => {
  const many = (count: number) => `SEND\n${"a:b\n".repeat(count)}\n\0`;
  expect(decode(many(128))).toHaveLength(1);
  expect(() => decode(many(129))).toThrow("more than 128 headers");
  expect(() => decode(many(1_000_000))).toThrow("more than 128 headers");
  expect(decode(`SEND\na:${"x".repeat(16 * 1024 - 2)}\n\n\0`)).toHaveLength(1);
  expect(() => decode(`SEND\na:${"x".repeat(16 * 1024 - 1)}\n\n\0`)).toThrow("longer than 16384");
  expect(() => decode(`SEND\n${`a:${"x".repeat(16_000)}\n`.repeat(5)}\n\0`)).toThrow("longer than 65536");
});

test("S8: a body is bounded, whether its length is said or not", () => {
  const large = defaultLimits.body + 1;
  expect(() => decode(`SEND\ncontent-length:${large}\n\n`)).toThrow("the body is longer");
  expect(() => decode(`SEND\n\n${"x".repeat(large)}`)).toThrow("the body is longer");
  expect(() => decode(`SEND\n\n${"x".repeat(large)}\0`)).toThrow("the body is longer");
});

test("S9: an unknown command is refused when its line is there", () => {
  for (const line of ["GET / HTTP/1.1\r\n", "send\n", "SEND \n", " SEND\n", "constructor\n", "\0\n"]) {
    expect(() => decode(line)).toThrow("unknown command");
  }
});
