import fc from "fast-check";
import { expect, test } from "vitest";
import { ircLine, ircPieces, readIrcLine } from "../../../../lib/effects/notify/irc-line.ts";

test("a line comes apart into who, what and the rest", () => {
  expect(readIrcLine(":irc.example.com 433 * skein :Nickname already in use")).toEqual({
    from: "irc.example.com",
    command: "433",
    parameters: ["*", "skein", "Nickname already in use"],
  });
  expect(readIrcLine("PING :a b")).toEqual({ from: "", command: "PING", parameters: ["a b"] });
  expect(readIrcLine("@time=now :dana!d@host PRIVMSG #a :hi")).toMatchObject({
    from: "dana",
    command: "PRIVMSG",
  });
  expect(readIrcLine("")).toBeUndefined();
  expect(readIrcLine(":only")).toBeUndefined();
});

test("nothing in a parameter begins another command", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      const line = ircLine("PRIVMSG", "#deploys", `${text}\r\nQUIT :gone\0`);
      expect(line).not.toMatch(/[\r\n\0]/);
      expect(line.startsWith("PRIVMSG #deploys :")).toBe(true);
    }),
  );
});

test("pieces fit a line of 512 bytes with the longest prefix, and hold all of the text", () => {
  const prefix = `:${"n".repeat(30)}!${"u".repeat(11)}@${"h".repeat(63)} `;
  fc.assert(
    fc.property(fc.string({ unit: "grapheme", minLength: 1, maxLength: 3_000 }), (text) => {
      const pieces = ircPieces("#deploys", text, 1_000);
      for (const piece of pieces)
        expect(
          Buffer.byteLength(`${prefix}${ircLine("PRIVMSG", "#deploys", piece)}\r\n`),
        ).toBeLessThanOrEqual(512);
      const letters = (said: string) => said.replace(/\s+/g, "");
      expect(letters(pieces.join(""))).toBe(letters(text));
    }),
  );
});

test("of a long text the end is told as a number of lines", () => {
  const pieces = ircPieces("#a", "one\ntwo\n\nthree\nfour\nfive", 4);
  expect(pieces).toEqual(["one", "two", "three", "(and 2 more lines)"]);
});

test("a server that sends a prefix without end is read at once", () => {
  const begun = performance.now();
  expect(readIrcLine(`:${"a".repeat(64 * 1024)}`)).toBeUndefined();
  expect(performance.now() - begun).toBeLessThan(500);
});
