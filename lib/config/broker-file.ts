import { readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { writeWhole } from "../effects/files.ts";
import { Failure } from "../failure.ts";
import type { SharedSettings } from "./settings.ts";

const brokerFile = z.object({ address: z.string(), login: z.string(), passcode: z.string() });
type BrokerFile = z.infer<typeof brokerFile>;

const pathOf = (state: string): string => join(state, "broker.json");

function read(state: string): BrokerFile | undefined {
  try {
    return brokerFile.parse(JSON.parse(readFileSync(pathOf(state), "utf8")));
  } catch {
    return undefined;
  }
}

/** Tells the other processes of this machine where the embedded broker listens. It holds the passcode: only its owner may read it. */
export async function writeBrokerFile(state: string, contents: BrokerFile): Promise<void> {
  await writeWhole(pathOf(state), `${JSON.stringify(contents, null, 2)}\n`, 0o600);
}

/** The passcode that the embedded broker had before: whoever knows it need not learn another after a restart. */
export const knownPasscode = (state: string): string | undefined => read(state)?.passcode;

/** The port that it had before: whoever lost it looks for it there. */
export function knownPort(state: string): number | undefined {
  const port = /:(\d+)$/.exec(read(state)?.address ?? "")?.[1];
  return port === undefined ? undefined : Number(port);
}

/**
 * The addresses of the brokers to talk over, with the login: as configured, or of the embedded one.
 * @throws {Failure} BROKER_UNREACHABLE where no embedded broker has ever run
 */
export function busAddress({ bus, state }: Pick<SharedSettings, "bus" | "state">): string {
  if (bus !== undefined) return bus;
  const embedded = read(state);
  if (embedded !== undefined) {
    const { address, login, passcode } = embedded;
    return address.replace("://", `://${login}:${passcode}@`);
  }
  throw new Failure(
    "BROKER_UNREACHABLE",
    `Cannot find the embedded broker: ${pathOf(state)} is not there. Is \`skein up\` running?`,
    {
      transient: true,
    },
  );
}
