import { catalogue, type Message, type MessageType } from "./catalogue.ts";
import type { Kind } from "./catalogue/entry.ts";
import { type Dialect, OLDER_DESTINATIONS } from "./dialect/dialects.ts";

/** Another destination for a type of message, or another form, or both. */
export type Override =
  string | { readonly destination?: string | undefined; readonly dialect?: Dialect | undefined };

/** How destinations are named at this site, and which messages are written for the older kit. */
export interface Topics {
  /** What every destination begins with. */
  readonly prefix: string;
  /** What is different for single types. */
  readonly overrides: Readonly<Partial<Record<MessageType, Override>>>;
}

export const STANDARD_TOPICS: Topics = { prefix: "skein", overrides: {} };

/** Which form a type of message is written in; every form is read. */
export function dialectOf(type: MessageType, { overrides }: Topics): Dialect {
  const override = overrides[type];
  return (typeof override === "object" ? override.dialect : undefined) ?? "cloudevents";
}

/** The same destinations, but with every message in one dialect. */
export function inDialect(dialect: Dialect, topics: Topics): Topics {
  const types = Object.keys(catalogue) as MessageType[];
  const overrides = types.map((type) => {
    const override = topics.overrides[type];
    const destination = typeof override === "object" ? override.destination : override;
    return [type, { dialect, ...(destination === undefined ? {} : { destination }) }] as const;
  });
  return { ...topics, overrides: Object.fromEntries(overrides) };
}

/** The destination of a type, with blanks such as `{host}` where messages differ. */
export function templateOf(type: MessageType, topics: Topics): string {
  const { kind, destination }: { kind: Kind; destination: string } = catalogue[type];
  const override = topics.overrides[type];
  const named = typeof override === "object" ? override.destination : override;
  const older = dialectOf(type, topics) === "deploykit" ? OLDER_DESTINATIONS[type] : undefined;
  return named ?? older ?? `/${kind === "work" ? "queue" : "topic"}/${topics.prefix}.${destination}`;
}

/** The blanks that the destination of a type may have. */
export const blanksOf = (type: MessageType): readonly string[] =>
  [catalogue[type].destination, OLDER_DESTINATIONS[type] ?? ""].flatMap((each) =>
    [...each.matchAll(BLANK)].map(([, name = ""]) => name),
  );

const BLANK = /\{(\w+)\}/g;

/** Where a message goes. */
export const destinationOf = (message: Message, topics: Topics): string =>
  filled(templateOf(message.type, topics), message);

/** A destination without blanks. */
export const filled = (template: string, message: Message): string =>
  template.replace(BLANK, (_blank, name: string) => FILLINGS[name]?.(message) ?? "unknown");

const FILLINGS: Readonly<Record<string, (message: Message) => string | undefined>> = {
  host: ({ data }) => ("host" in data ? data.host : undefined),
  source: ({ data }) =>
    "source" in data ? data.source?.replace(/[^A-Za-z0-9_-]/g, "-") || undefined : undefined,
  result: ({ data }) => (!("outcome" in data) ? "begin" : data.outcome === "passed" ? "success" : "cake"),
};

/** Where a type of message is heard, of those for one host only those for this one. A `*` stands for any word. */
export const heardAt = (type: MessageType, topics: Topics, host = "*"): string =>
  templateOf(type, topics).replace("{host}", host).replace(BLANK, "*");

/** Whether a destination is one where a type of message is heard. */
export const isHeardAt = (type: MessageType, destination: string, topics: Topics, host?: string): boolean =>
  patternOf(templateOf(type, topics).replace("{host}", host ?? "{host}")).test(destination);

/** What a destination looks like whose blanks are filled in: of all blanks, only the name of a host has dots. */
function patternOf(template: string): RegExp {
  const source = template
    .replaceAll(".", String.raw`\.`)
    .replace("{host}", "[A-Za-z0-9.-]+")
    .replace(BLANK, "[A-Za-z0-9_-]+");
  return new RegExp(`^${source}$`);
}

/** The same, but with lines for people where the older kit has them: they are said there beside its texts. */
export const withOlderEvents = (topics: Topics): Topics =>
  dialectOf("event.said", topics) === "deploykit"
    ? topics
    : { ...topics, overrides: { "event.said": { dialect: "deploykit" } } };

/** Tells of a destination, or of the pattern of a subscription, whether the configuration names it apart from the prefix. */
export function namedApart(topics: Topics): (destination: string) => boolean {
  const types = Object.keys(topics.overrides) as MessageType[];
  const speaksOlder = types.some((type) => dialectOf(type, topics) === "deploykit");
  const templates = [
    ...types.map((type) => templateOf(type, topics)),
    ...(speaksOlder ? [templateOf("event.said", withOlderEvents(topics))] : []),
  ];
  const heard = new Set(templates.map((template) => template.replace(BLANK, "*")));
  const patterns = templates.map(patternOf);
  return (destination) => heard.has(destination) || patterns.some((pattern) => pattern.test(destination));
}

/** Where messages go that nobody could handle. */
export const deadLetters = (topics: Topics): string => `/queue/${topics.prefix}.dead`;
