import { z } from "zod";

const FORM = "text in which {host}, {app}, {environment} and {label.NAME} stand for what is true on a host";

/** Text in which `{host}`, `{app}`, `{environment}` and `{label.NAME}` stand for what is true on a host. */
export const perHost = z
  .string()
  .min(1)
  .max(500)
  .regex(/^([^{}]|\{(host|app|environment|label\.[A-Za-z][A-Za-z0-9._-]*)\})*$/, {
    error: `must be ${FORM}`,
  });

/** An absolute path in which the same may stand. */
export const pathPerHost = perHost.refine((path) => path.startsWith("/") && !path.split("/").includes(".."), {
  error: "must be an absolute path, in which {host}, {app}, {environment} and {label.NAME} may stand",
});

/** A path below a folder, which never leads out of it by its text. */
export const pathInside = z
  .string()
  .max(500)
  .regex(/^(?!.*\.\.)[A-Za-z0-9._][A-Za-z0-9._/-]*$/, { error: "must be a relative path" });

/** What is true on a host of one app. */
export interface AppFacts {
  readonly host: string;
  readonly app: string;
  readonly environment: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** Fills in what stands for facts of a host. */
export function fill(text: string, facts: AppFacts): string {
  return text.replace(
    /\{(host|app|environment|label\.([A-Za-z][A-Za-z0-9._-]*))\}/g,
    (whole, key: string, label?: string) => {
      if (label !== undefined)
        return Object.hasOwn(facts.labels, label) ? (facts.labels[label] ?? "") : whole;
      return facts[key as "host" | "app" | "environment"];
    },
  );
}
