import { keysOf } from "../../lib/config/keys.ts";
import { catalogue, type MessageType } from "../../lib/messages/catalogue.ts";
import type { Kind } from "../../lib/messages/catalogue/entry.ts";
import { deadLetters, STANDARD_TOPICS, templateOf } from "../../lib/messages/destinations.ts";
import { CONTENT_TYPE } from "../../lib/messages/envelope.ts";
import { DAEMON_NAMES, DAEMONS } from "../daemons.ts";
import { code, pageHead, pageOf, tableOf } from "./markdown.ts";

const TRAVELS: Readonly<Record<Kind, string>> = {
  news: "news: everybody who listens gets it",
  durable: "durable news: daemons get it also where they were away",
  work: "work: exactly one taker gets it, and another one if that one dies",
};

const TYPES = Object.keys(catalogue) as MessageType[];

/** Every type of message. */
export function messagesPage(): string {
  return pageOf([
    ...pageHead(
      "Messages",
      `Every message is a CloudEvents 1.0 JSON event (${code(`content-type: ${CONTENT_TYPE}`)}) in a STOMP frame. Its attributes: ` +
        "`id`, derived from what tells this message from another, so that a repeat has the same one; `source`, `//HOST/DAEMON`; `type`; `time`; " +
        "`correlation`, constant through a chain of messages; `cause`, the id of the message that led to this one, if one did; `data`, " +
        "whose fields are below. The STOMP header `subject` says it in one line for people. Fields that are not listed are ignored.",
      "A destination begins with `topics.prefix` of the [configuration](configuration.md#topics), and `topics.overrides` moves single " +
        `types elsewhere. What no daemon could handle goes to ${code(deadLetters(STANDARD_TOPICS))}, with the headers \`original-destination\`, ` +
        "`skein-code` and `skein-reason`.",
    ),
    tableOf(
      ["type", "what it says", "destination"],
      TYPES.map((type) => [
        `[${type}](#${type.replaceAll(".", "")})`,
        catalogue[type].summary,
        code(whereOf(type)),
      ]),
    ),
    ...TYPES.flatMap(sectionOf),
  ]);
}

function sectionOf(type: MessageType): readonly string[] {
  const {
    summary,
    kind,
    data,
  }: { summary: string; kind: Kind; data: (typeof catalogue)[MessageType]["data"] } = catalogue[type];
  const listeners = DAEMON_NAMES.filter((name) => Object.hasOwn(DAEMONS[name].on ?? {}, type)).map(code);
  return [
    `## ${type}`,
    summary,
    `- ${TRAVELS[kind]}\n- to ${code(whereOf(type))}\n- daemons that listen: ${listeners.join(", ") || "none"}`,
    tableOf(
      ["field", "form", "", "what it is"],
      keysOf(data).map(({ path, form, required, says }) => [
        code(path),
        form,
        required ? "" : "may be missing",
        says,
      ]),
    ),
  ];
}

const whereOf = (type: MessageType): string =>
  templateOf(type, STANDARD_TOPICS).replace(/\{(\w+)\}/g, (_blank, name: string) => name.toUpperCase());
