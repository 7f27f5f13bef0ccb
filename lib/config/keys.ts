import type { z } from "zod";

/** One key that a schema knows, as its reference page tells of it. */
export interface Key {
  /** From the top of the schema: `apps.NAME.strategy.canary`, in which NAME stands for any name. */
  readonly path: string;
  /** What its value must be. */
  readonly form: string;
  /** What holds where it is left out, as JSON; undefined where nothing does. */
  readonly initial: string | undefined;
  readonly required: boolean;
  readonly says: string;
}

/** Every key of a schema, each followed by those below it. */
export function keysOf(schema: z.ZodType, path = ""): readonly Key[] {
  const def = definitionOf(bare(schema));
  switch (def.type) {
    case "object":
      return Object.entries(def.shape).flatMap(([name, each]) =>
        keyAt(each as z.ZodType, path === "" ? name : `${path}.${name}`),
      );
    case "record":
      return keysOf(def.valueType as z.ZodType, `${path}.NAME`);
    case "array":
      return keysOf(def.element as z.ZodType, `${path}[]`);
    case "union":
      return "discriminator" in def
        ? formsOf(def.options as readonly z.ZodType[], String(def.discriminator), path)
        : def.options.flatMap((option) => keysOf(option as z.ZodType, path));
    default:
      return [];
  }
}

/**
 * The keys of the forms of a section. What all of them have is told once; the others are told by the form that has them, such
 * as `channels.NAME (slack).url`: which one it is, a key of it says.
 */
function formsOf(options: readonly z.ZodType[], discriminator: string, path: string): readonly Key[] {
  const forms = options.flatMap((option) => {
    const form = definitionOf(option);
    return form.type === "object"
      ? [{ option, shape: form.shape as Readonly<Record<string, z.ZodType>> }]
      : [];
  });
  const [first, ...others] = forms.map(({ shape }) => shape);
  const shared = Object.keys(first ?? {}).filter(
    (key) => key !== discriminator && others.every((shape) => shape[key] === first?.[key]),
  );
  if (shared.length === 0)
    return forms.flatMap(({ option, shape }) => keysOf(option, named(path, shape, discriminator)));
  const same = new Set(shared);
  const keys = (shape: Readonly<Record<string, z.ZodType>>, at: string, wanted: (key: string) => boolean) =>
    Object.entries(shape).flatMap(([key, each]) => (wanted(key) ? keyAt(each, `${at}.${key}`) : []));
  return [
    ...keys(first ?? {}, path, (key) => same.has(key)),
    ...forms.flatMap(({ shape }) => keys(shape, named(path, shape, discriminator), (key) => !same.has(key))),
  ];
}

const named = (path: string, shape: Readonly<Record<string, z.ZodType>>, discriminator: string): string => {
  const says = shape[discriminator];
  const told = says === undefined ? undefined : definitionOf(bare(says));
  return `${path} (${told?.type === "literal" ? told.values.join(", ") : "other"})`;
};

function keyAt(schema: z.ZodType, path: string): readonly Key[] {
  const { initial, required, says } = wrapping(schema);
  return [{ path, form: formOf(schema), initial, required, says }, ...keysOf(schema, path)];
}

type Definition = z.core.$ZodTypes["_zod"]["def"];
const definitionOf = (schema: z.ZodType): Definition => (schema as unknown as z.core.$ZodTypes)._zod.def;

/** What is said around a schema: its description, whether it may be left out, what holds then. */
function wrapping(schema: z.ZodType): Pick<Key, "initial" | "required" | "says"> {
  const def = definitionOf(schema);
  const says = schema.description ?? "";
  switch (def.type) {
    case "default":
    case "prefault": {
      const inner = wrapping(def.innerType as z.ZodType);
      return { initial: JSON.stringify(def.defaultValue), required: false, says: says || inner.says };
    }
    case "optional": {
      const inner = wrapping(def.innerType as z.ZodType);
      return { ...inner, required: false, says: says || inner.says };
    }
    default:
      return { initial: undefined, required: true, says };
  }
}

/** A schema without what says that it may be left out. */
function bare(schema: z.ZodType): z.ZodType {
  const def = definitionOf(schema);
  switch (def.type) {
    case "default":
    case "prefault":
    case "optional":
    case "nullable":
      return bare(def.innerType as z.ZodType);
    default:
      return schema;
  }
}

/** What a value must be, in words: those with which the schema itself refuses another. */
export function formOf(schema: z.ZodType): string {
  const def = definitionOf(schema);
  switch (def.type) {
    case "default":
    case "prefault":
    case "optional":
      return formOf(def.innerType as z.ZodType);
    case "nullable":
      return `${formOf(def.innerType as z.ZodType)}, or null`;
    case "object":
      return "a section";
    case "boolean":
      return "true or false";
    case "literal":
      return def.values.join(" or ");
    case "enum":
      return Object.values(def.entries)
        .map(String)
        .join(", ")
        .replace(/, ([^,]*)$/, " or $1");
    case "array":
      return `a list, each ${formOf(def.element as z.ZodType)}`;
    case "record":
      return `a map from ${nameForm(def.keyType as z.ZodType)} to ${formOf(def.valueType as z.ZodType)}`;
    case "number":
      return ownWords(schema) ?? numberForm(schema as z.ZodNumber);
    case "string":
      return (
        ownWords(schema) ??
        ((schema as z.ZodString).format === "datetime" ? "an instant such as 2026-11-21T10:15:02Z" : "text")
      );
    case "union":
      return ownWords(schema) ?? def.options.map((each) => formOf(each as z.ZodType)).join(", or ");
    case "pipe":
      return ownWords(schema) ?? formOf(def.in as z.ZodType);
    default:
      return ownWords(schema) ?? def.type;
  }
}

/** Of a long list of names, what the schema calls them. */
const nameForm = (schema: z.ZodType): string => schema.description ?? formOf(schema);

/** Values that no schema of ours takes: something of another type, and text that has no meaning. */
const SENSELESS = [Symbol("senseless"), "\u0000{"];

function ownWords(schema: z.ZodType): string | undefined {
  const messages = SENSELESS.flatMap((value) => schema.safeParse(value).error?.issues ?? []);
  const said = messages.find(({ message }) => message.startsWith("must "))?.message;
  return said?.replace(/^must (be )?/, "");
}

function numberForm({ minValue, maxValue, format }: z.ZodNumber): string {
  const kind = format === null || format === undefined ? "a number" : "a whole number";
  const low = minValue !== null && minValue > Number.MIN_SAFE_INTEGER ? minValue : undefined;
  const high = maxValue !== null && maxValue < Number.MAX_SAFE_INTEGER ? maxValue : undefined;
  if (low !== undefined && high !== undefined) return `${kind} from ${low} to ${high}`;
  return low === undefined ? kind : `${kind}, ${low} at least`;
}
