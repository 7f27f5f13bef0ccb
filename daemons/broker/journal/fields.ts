import { Buffer } from "node:buffer";
import { readDestination } from "../destination.ts";
import type { Message } from "../message.ts";
import type { Entry } from "./entry.ts";

/** An entry as a list of fields, its kind first. */
export function fieldsOf(entry: Entry): readonly (string | Buffer)[] {
  if (entry.kind === "message") return messageFields(entry.message, entry.mailboxes);
  if (entry.kind === "settled") return [entry.kind, entry.message, entry.mailbox];
  if (entry.kind === "subscribed") return [entry.kind, entry.durable, entry.destination];
  return [entry.kind, entry.durable];
}

function messageFields(message: Message, mailboxes: readonly string[]): readonly (string | Buffer)[] {
  const { id, destination, headers, body } = message;
  return [
    "message",
    id,
    destination.name,
    String(mailboxes.length),
    ...mailboxes,
    ...[...headers].flat(),
    body,
  ];
}

/** Reads an entry back. */
export function readEntry(fields: readonly Buffer[]): Entry {
  const [kind = "", first = "", second = ""] = fields.slice(0, 3).map(String);
  if (kind === "message") return readMessage(fields);
  if (kind === "settled") return { kind, message: first, mailbox: second };
  if (kind === "subscribed") return { kind, durable: first, destination: second };
  if (kind === "forgotten") return { kind, durable: first };
  throw new TypeError(`the journal holds "${kind}", which this version does not know`);
}

function readMessage(fields: readonly Buffer[]): Entry {
  const [, id = "", destination = "", count = "", ...texts] = fields.slice(0, -1).map(String);
  const mailboxes = texts.splice(0, Number(count));
  const headers = new Map<string, string>();
  for (let at = 0; at < texts.length; at += 2) headers.set(texts[at] ?? "", texts[at + 1] ?? "");
  // A copy: one message that stays must not keep the whole record in memory.
  const body = Buffer.from(fields.at(-1) ?? "");
  const message = { id, destination: readDestination(destination), headers, body, persistent: true };
  return { kind: "message", message, mailboxes };
}
