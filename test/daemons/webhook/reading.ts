import type { Forge } from "../../../daemons/webhook/forge.ts";
import { messagesOf } from "../../../daemons/webhook/messages.ts";
import type { Data, Message } from "../../../lib/messages/catalogue.ts";
import { parseData } from "../../../lib/messages/envelope.ts";
import { repositoryName } from "../../../lib/schema/names.ts";
import { dataOf } from "../../support/given.ts";

/** When a delivery was first seen, in these tests. */
export const SEEN = new Date("2026-11-21T10:15:02.000Z");

/** What is said of a payload, each message as the catalogue has it. */
export function saidOf(forge: Forge, event: string, payload: unknown): Message[] {
  const told = forge.tell(event, payload);
  if ("ignored" in told) throw new Error(`it is ignored: ${told.ignored}`);
  const messages = messagesOf(told, repositoryName.parse("shop"), told.at ?? SEEN);
  for (const { type, data } of messages) parseData(type, data);
  return messages;
}

export const pushesOf = (forge: Forge, event: string, payload: unknown): Data<"commit.pushed">[] =>
  dataOf("commit.pushed", saidOf(forge, event, payload));
export const pushOf = (forge: Forge, event: string, payload: unknown): Data<"commit.pushed"> => {
  const [push, ...others] = pushesOf(forge, event, payload);
  if (push === undefined || others.length > 0) throw new Error(`there are ${others.length + 1} pushes`);
  return push;
};
export const linesOf = (forge: Forge, event: string, payload: unknown): string[] =>
  dataOf("event.said", saidOf(forge, event, payload)).map(({ text }) => text);

export const whyIgnored = (forge: Forge, event: string, payload: unknown): string => {
  const told = forge.tell(event, payload);
  return "ignored" in told ? told.ignored : "it is not";
};
