import { Buffer } from "node:buffer";
import * as fc from "fast-check";
import { encode } from "../../../../daemons/broker/codec/encode.ts";
import {
  clientCommands,
  type Frame,
  mayHaveBody,
  serverCommands,
  type Version,
} from "../../../../daemons/broker/codec/frame.ts";

/** Text that a version can carry in a header: 1.0 has no escapes, 1.1 none for CR, and no version takes a NUL. */
function headerText(version: Version): fc.Arbitrary<string> {
  const awkward = fc.constantFrom(
    "\\",
    "\\\\",
    ":",
    "\n",
    "\r",
    "\\n",
    "\\c",
    "\\r",
    " ",
    "€",
    "😀",
    "\u0085",
    "\ufeff",
  );
  const text = fc
    .array(fc.oneof(fc.string({ unit: "binary", maxLength: 8 }), awkward), { maxLength: 6 })
    .map((parts) => parts.join(""));
  const forbidden = { "1.0": /[\0\r\n]/, "1.1": /[\0\r]/, "1.2": /\0/ }[version];
  return text.filter((value) => !forbidden.test(value));
}

/** Frames with arbitrary headers and bodies. */
export function frames(version: Version): fc.Arbitrary<Frame> {
  const value = headerText(version);
  const name = value.filter(
    (text) => text !== "" && text !== "content-length" && !(version === "1.0" && text.includes(":")),
  );
  const commands = [...clientCommands, ...serverCommands].filter(
    (command) => !["CONNECT", "CONNECTED", "STOMP"].includes(command),
  );
  return fc
    .record({
      command: fc.constantFrom(...commands),
      headers: fc.array(fc.tuple(name, value), { maxLength: 8 }).map((pairs) => new Map(pairs)),
      body: fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
    })
    .map((frame) => (mayHaveBody(frame.command) ? frame : { ...frame, body: Buffer.alloc(0) }));
}

/** Places to cut at, as shares of the whole. */
export const cuts = fc.array(fc.nat({ max: 2_000 }), { maxLength: 12 });

/** Some bytes, cut at some places. */
export function slices(bytes: Buffer, at: readonly number[]): Buffer[] {
  const places = [
    0,
    ...at.filter((place) => place < bytes.length).sort((one, other) => one - other),
    bytes.length,
  ];
  return places.slice(1).map((end, index) => bytes.subarray(places[index], end));
}

export const bytesOf = (frame: Frame, version: Version): Buffer => Buffer.concat(encode(frame, version));
