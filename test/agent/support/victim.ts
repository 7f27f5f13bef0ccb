import { execFile } from "node:child_process";
import { join } from "node:path";
import type { Authorisation, Command } from "../../../lib/security/command.ts";
import { sealed } from "../../lib/security/builders.ts";
import { HOST, operator, orchestrator, order } from "./host.ts";

const VICTIM = join(import.meta.dirname, "victim.mjs");

/** What an agent is handed for a deploy, in order. */
export const handed = async (command: Authorisation) =>
  Promise.all(
    (["deploy.authorised", "deploy.go"] as const).map(async (type) => {
      const [given, by]: [Command, typeof operator] =
        type === "deploy.go" ? [order("go", command), orchestrator] : [command, operator];
      return { type, data: { host: HOST, rollout: command.id, command: await sealed(given, by) } };
    }),
  );

/** Runs the agent of the app shop apart, to be killed; whether it was: it is not, where it does not come to that point. */
export function runVictim(argument: {
  readonly folder: string;
  /** Of the repository. */
  readonly url: string;
  /** Of the configuration: the app, and what is beside it. */
  readonly app: Readonly<Record<string, unknown>>;
  readonly settings: Readonly<Record<string, unknown>>;
  readonly handed: Awaited<ReturnType<typeof handed>>;
  /** From which message on its steps are counted, and at which it is killed. */
  readonly countFrom: "deploy.authorised" | "deploy.go";
  readonly killAt: number;
  /** Whether names and links of files are counted, beside lines of journals and requests. */
  readonly files?: boolean;
}): Promise<boolean> {
  return new Promise((resolve, reject) => {
    execFile(process.execPath, [VICTIM, JSON.stringify(argument)], (error, _stdout, stderr) => {
      if (error === null || error.signal === "SIGKILL") resolve(error !== null);
      else reject(new Error(stderr));
    });
  });
}
