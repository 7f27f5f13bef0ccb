/** The headers that come first, in the order in which the older kit's readers have always got them. */
const FIRST = ["subject", "destination", "content-length", "content-type"];
const SEND = "SEND\n";

/** Puts the headers of a SEND into that order, in place; other frames stay as they are. */
export function inOrder(frame: Uint8Array): Uint8Array {
  const bytes = Buffer.from(frame.buffer, frame.byteOffset, frame.byteLength);
  if (bytes.toString("latin1", 0, SEND.length) !== SEND) return frame;
  const lines = bytes.toString("latin1", SEND.length, bytes.indexOf("\n\n")).split("\n");
  const named = (name: string) => lines.filter((line) => line.startsWith(`${name}:`));
  const first = FIRST.flatMap(named);
  const others = lines.filter((line) => !first.includes(line));
  bytes.write([...first, ...others].join("\n"), SEND.length, "latin1");
  return frame;
}
