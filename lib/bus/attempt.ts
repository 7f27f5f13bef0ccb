import { setTimeout as sleep } from "node:timers/promises";
import type { Delivery, Receive } from "./bus.ts";

/**
 * Hands a delivery to its receiver, and says whether it was taken. A repeated refusal is told only after a while,
 * because brokers redeliver at once, and a failure that lasts would spin.
 */
export async function attempt(
  delivery: Delivery,
  receive: Receive,
  { patience, hurry }: { readonly patience: number; readonly hurry: AbortSignal },
): Promise<boolean> {
  // The publisher goes on first: a receiver never runs inside its publish.
  await Promise.resolve();
  try {
    await receive(delivery);
    return true;
  } catch {
    if (delivery.redelivered) await pause(patience, hurry);
    return false;
  }
}

async function pause(milliseconds: number, hurry: AbortSignal): Promise<void> {
  await sleep(milliseconds, undefined, { signal: hurry, ref: false }).catch(() => undefined);
}
