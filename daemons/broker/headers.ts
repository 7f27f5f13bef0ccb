import type { Frame } from "./codec/frame.ts";
import { ProtocolError } from "./protocol-error.ts";

/** The value of a header that a frame must have. */
export function required({ command, headers }: Frame, name: string): string {
  const value = headers.get(name);
  if (value === undefined) throw new ProtocolError(`${command} has no ${name} header`);
  return value;
}
