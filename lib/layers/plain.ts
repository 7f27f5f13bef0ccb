import type { SecretValue, Value } from "./value.ts";

/** A value as a template sees it. Its maps have no prototype: a template finds only what layers say. */
export function plainOf(value: Value, reveal: (secret: SecretValue) => string): unknown {
  switch (value.kind) {
    case "dict": {
      const entries = [...value.entries].map(([key, each]) => [key, plainOf(each, reveal)] as const);
      return Object.assign(Object.create(null) as object, Object.fromEntries(entries));
    }
    case "list":
      return value.items.map((item) => plainOf(item, reveal));
    case "secret":
      return reveal(value);
    case "str":
    case "bool":
    case "float":
      return value.value;
    case "int":
      return String(value.value);
    default:
      return null;
  }
}
