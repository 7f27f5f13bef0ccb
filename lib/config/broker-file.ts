import { readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { writeWhole } from "../effects/files.ts";
import { Failure } from "../failure.ts";
import type { SharedSettings } from "./settings.ts";

const brokerFile = z.object({ address: z.string(), websocket: z.string().optional() });

const pathOf = (state: string): string => join(state, "broker.json");

/** Tells the other processes of this machine where the embedded broker listens. It holds the passcode: only its owner may read it. */
export async function writeBrokerFile(state: string, addresses: z.infer<typeof brokerFile>): Promise<void> {
  await writeWhole(pathOf(state), `${JSON.stringify(addresses, null, 2)}\n`, 0o600);
}

/**
 * The addresses of the brokers to talk over: as configured, or of the embedded one.
 * @throws {Failure} BROKER_UNREACHABLE where no embedded broker has ever run
 */
export function busAddress({ bus, state }: Pick<SharedSettings, "bus" | "state">): string {
  if (bus !== undefined) return bus;
  try {
    return brokerFile.parse(JSON.parse(readFileSync(pathOf(state), "utf8"))).address;
  } catch (cause) {
    throw new Failure(
      "BROKER_UNREACHABLE",
      `Cannot find the embedded broker: ${pathOf(state)} is not there. Is \`skein up\` running?`,
      {
        cause,
        transient: true,
      },
    );
  }
}
