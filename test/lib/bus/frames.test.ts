import * as fc from "fast-check";
import { expect, test } from "vitest";
import { frameReader, headersOf } from "../../../lib/bus/stomp/frames.ts";

const escapeHeader = (text: string): string =>
  text.replaceAll("\\", "\\\\").replaceAll("\r", "\\r").replaceAll("\n", "\\n").replaceAll(":", "\\c");

const frame = fc.record({
  command: fc.constantFrom("MESSAGE", "RECEIPT", "ERROR", "CONNECTED"),
  headers: fc.dictionary(fc.stringMatching(/^[a-z-]{1,12}$/), fc.string({ unit: "grapheme" }), {
    maxKeys: 5,
  }),
  body: fc.uint8Array({ maxLength: 60 }),
  /** What may stand between frames. */
  gap: fc.constantFrom("", "\n", "\r\n", "\n\n\n"),
  end: fc.constantFrom("\n", "\r\n"),
});

test("frames come out as they were written, wherever the network cut the bytes", () => {
  fc.assert(
    fc.property(fc.array(frame, { maxLength: 6 }), fc.array(fc.nat(40)), (frames, lengths) => {
      const bytes = Buffer.concat(frames.map(written));
      const read = frameReader();

      const seen = slices(bytes, lengths).flatMap((slice) => [...read(slice)]);

      expect(
        seen.map((each) => ({ command: each.command, headers: headersOf(each), body: [...each.body] })),
      ).toEqual(
        frames.map(({ command, headers, body }) => ({
          command,
          headers: { ...headers, "content-length": String(body.length) },
          body: [...body],
        })),
      );
    }),
  );
});

test("of a repeated header the first counts, and unknown escapes stay as they are", () => {
  const [read] = frameReader()(Buffer.from("MESSAGE\nkey:first\nkey:second\nodd:\\t\\\\n\n\nbody\0"));

  expect(read && headersOf(read)).toEqual({ key: "first", odd: "\\t\\n" });
  expect(Buffer.from(read?.body ?? []).toString()).toBe("body");
});

function written({
  command,
  headers,
  body,
  gap,
  end,
}: typeof frame extends fc.Arbitrary<infer Each> ? Each : never) {
  const lines = Object.entries({ ...headers, "content-length": String(body.length) }).map(
    ([name, value]) => `${name}:${escapeHeader(value)}${end}`,
  );
  return Buffer.concat([
    Buffer.from(`${gap}${command}${end}${lines.join("")}${end}`),
    body,
    Buffer.from([0]),
  ]);
}

function slices(bytes: Buffer, lengths: readonly number[]): readonly Buffer[] {
  let rest = bytes;
  const cut = lengths.map((length) => {
    const slice = rest.subarray(0, length);
    rest = rest.subarray(length);
    return slice;
  });
  return [...cut, rest];
}
