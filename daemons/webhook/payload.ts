import { type Asked, only } from "../../lib/effects/http-server.ts";
import { requireStrict } from "../../lib/security/strict-json.ts";
import { reasonOf } from "../../lib/failure.ts";
import { Refusal } from "./refusal.ts";

const DEEPEST = 32;

/** How a body is written. @throws {Refusal} 415 */
export function formOf(asked: Asked): "json" | "form" {
  const type = only(asked, "content-type")?.split(";", 1)[0]?.trim().toLowerCase();
  if (type === "application/json") return "json";
  if (type === "application/x-www-form-urlencoded") return "form";
  throw new Refusal(415, "it must come as application/json");
}

/**
 * What is in a body: JSON, or a form with JSON in its field `payload`. Nothing that two readers could read in two ways.
 * @throws {Refusal} 400
 */
export function payloadIn({ body }: Pick<Asked, "body">, form: "json" | "form"): unknown {
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(body);
    const json = form === "json" ? text : fieldIn(text);
    // What is no JSON could keep the search for what is not strict busy for long.
    const payload = JSON.parse(json) as unknown;
    requireStrict(json, DEEPEST);
    return payload;
  } catch (error) {
    throw new Refusal(400, `its body cannot be read: ${reasonOf(error)}`.slice(0, 300));
  }
}

function fieldIn(text: string): string {
  const [payload, ...others] = new URLSearchParams(text).getAll("payload");
  if (payload === undefined || others.length > 0) throw new Error("a form must have one field `payload`");
  return payload;
}
