import type { Delivery } from "../bus.ts";
import { headersOf, type WireFrame } from "./frames.ts";

/** What a MESSAGE frame delivers. */
export function deliveryOf(frame: WireFrame): Delivery {
  const headers = headersOf(frame);
  return {
    destination: headers["destination"] ?? "",
    headers: ownHeaders(headers),
    body: frame.body,
    redelivered: headers["redelivered"] === "true",
  };
}

/** The headers of SEND. */
export function sendHeaders(
  headers: Readonly<Record<string, string>>,
  persistent: boolean,
): Record<string, string> {
  // A NUL would end the frame in the middle of its headers.
  const clean = Object.entries(ownHeaders(headers)).map(
    ([name, value]) => [name, value.replaceAll("\0", "")] as const,
  );
  return { ...Object.fromEntries(clean), ...(persistent ? { persistent: "true" } : {}) };
}

/** Headers that belong to one hop between us and a broker, and must not be passed on. */
const OF_ONE_HOP = new Set([
  "destination",
  "content-length",
  "receipt",
  "transaction",
  "subscription",
  "message-id",
  "ack",
  "redelivered",
  "persistent",
]);

function ownHeaders(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !OF_ONE_HOP.has(name)));
}
