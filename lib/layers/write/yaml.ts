import { Document, Scalar } from "yaml";
import type { Dict, Value } from "../value.ts";
import type { Reveal } from "./json.ts";
import { floatText } from "./numbers.ts";

/** YAML that readers of 1.1 and of 1.2 take for the same: `"no"` stays a text. */
export function yamlOf(whole: Dict, reveal: Reveal): string {
  const document = new Document(plain(whole, reveal), { compat: "yaml-1.1", aliasDuplicateObjects: false });
  return document.toString({ lineWidth: 0, minContentWidth: 0 });
}

/** Maps keep their keys in order, which objects do not where keys look like numbers. */
function plain(value: Value, reveal: Reveal): unknown {
  switch (value.kind) {
    case "dict":
      return new Map([...value.entries].map(([key, each]) => [key, plain(each, reveal)]));
    case "list":
      return value.items.map((item) => plain(item, reveal));
    case "secret":
      return reveal(value);
    case "float": {
      const scalar = new Scalar(value.value);
      const [, digits = ""] = /\.(\d+)/.exec(floatText(value.value)) ?? [];
      scalar.minFractionDigits = digits.length;
      return scalar;
    }
    case "bool":
    case "int":
    case "str":
      return value.value;
    default:
      return null;
  }
}
