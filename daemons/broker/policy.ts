import { covers, readDestination } from "./destination.ts";

/** What a login may do with a destination. */
export type Verb = "send" | "subscribe";

/** Whether a login may do this with a destination; for a subscription to several topics, that is their pattern. */
export type Policy = (login: string, verb: Verb, destination: string) => boolean;

/** One thing that one login may do, with a destination or a pattern of them. */
export interface Permission {
  readonly login: string;
  readonly verb: Verb;
  readonly destination: string;
}

/** The policy that allows what is listed, and nothing else. */
export function permissions(listed: readonly Permission[]): Policy {
  const rules = listed.map((rule) => ({ ...rule, destination: readDestination(rule.destination) }));
  return (login, verb, destination) => {
    const asked = readDestination(destination);
    return rules.some(
      (rule) => rule.login === login && rule.verb === verb && covers(rule.destination, asked),
    );
  };
}
