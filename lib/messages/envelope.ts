import { createHash } from "node:crypto";
import { z } from "zod";
import { Failure } from "../failure.ts";
import { catalogue, type Data, isMessageType, type Message, type MessageType } from "./catalogue.ts";

export const CONTENT_TYPE = "application/cloudevents+json";

/** A message with what is known of its way: the attributes of CloudEvents 1.0 that Skein uses. */
export type Envelope<Type extends MessageType = MessageType> = {
  readonly [Each in Type]: {
    readonly id: string;
    /** `//host/daemon`: who said it. */
    readonly source: string;
    readonly type: Each;
    readonly time: string;
    /** Constant through a chain of messages. */
    readonly correlation: string;
    /** The id of the message that led to this one. */
    readonly cause?: string;
    readonly data: Data<Each>;
  };
}[Type];

interface Circumstances {
  readonly source: string;
  readonly now: Date;
  readonly cause?: Pick<Envelope, "id" | "correlation"> | undefined;
}

/** Encloses a message: its id is derived from what distinguishes it, so that a repeat has the same one. */
export function enclose<Type extends MessageType>(
  { type, data }: { readonly type: Type; readonly data: Data<Type> },
  { source, now, cause }: Circumstances,
): Envelope<Type> {
  const identity = catalogue[type].identity as (data: Data<Type>) => readonly (string | number)[];
  const id = createHash("sha256")
    .update(JSON.stringify([type, ...identity(data)]))
    .digest("hex")
    .slice(0, 32);
  const chain =
    cause === undefined ? { correlation: id } : { correlation: cause.correlation, cause: cause.id };
  return { id, source, type, time: now.toISOString(), ...chain, data };
}

/** An envelope on the wire: the JSON event format of CloudEvents 1.0, section 3. */
export function encode({ data, ...attributes }: Envelope): Buffer {
  return Buffer.from(
    JSON.stringify({ specversion: "1.0", ...attributes, datacontenttype: "application/json", data }),
    "utf8",
  );
}

/** One line for people about a message. */
export function lineOf({ type, data }: Message): string {
  return (catalogue[type].line as (data: unknown) => string)(data);
}

const attributes = z.object({
  specversion: z.literal("1.0").optional(),
  id: z.string().min(1).max(200),
  source: z.string().min(1).max(400),
  type: z.string().min(1).max(100),
  time: z.iso.datetime({ offset: true }),
  correlation: z.string().min(1).max(200).optional(),
  cause: z.string().max(200).optional(),
  data: z.unknown(),
});

/**
 * Reads an envelope from the wire. Unknown keys are ignored.
 * @throws {Failure} MESSAGE_INVALID or MESSAGE_UNKNOWN
 */
export function decode(body: Uint8Array): Envelope {
  return fromRecord(parseJson(body));
}

/**
 * Checks what was read from the wire, or from a store.
 * @throws {Failure} MESSAGE_INVALID or MESSAGE_UNKNOWN
 */
export function fromRecord(record: unknown): Envelope {
  const { type, data, correlation, cause, id, source, time } = checked(attributes, record, "message");
  if (!isMessageType(type)) {
    throw new Failure(
      "MESSAGE_UNKNOWN",
      `Cannot read a message of type ${JSON.stringify(type)}: the catalogue has none of that name`,
    );
  }
  return {
    id,
    source,
    type,
    time,
    correlation: correlation ?? id,
    ...(cause === undefined ? {} : { cause }),
    data: checked(catalogue[type].data as z.ZodType, data, type),
  } as Envelope;
}

function parseJson(body: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body));
  } catch (cause) {
    throw new Failure("MESSAGE_INVALID", "Cannot read a message: its body is not JSON in UTF-8", { cause });
  }
}

/** Checks data of a type, as it is typed in by a person or comes from elsewhere. */
export function parseData<Type extends MessageType>(type: Type, data: unknown): Data<Type> {
  return checked(catalogue[type].data as z.ZodType, data, type) as Data<Type>;
}

function checked<Schema extends z.ZodType>(schema: Schema, value: unknown, what: string): z.infer<Schema> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const wrong = result.error.issues
    .map(({ path, message }) => `${path.join(".") || "it"} ${message}`)
    .join("; ");
  throw new Failure(
    "MESSAGE_INVALID",
    `Cannot read ${/^[aeiou]/.test(what) ? "an" : "a"} ${what}: ${wrong}`.slice(0, 1_000),
  );
}
