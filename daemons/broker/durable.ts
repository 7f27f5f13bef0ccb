import type { Frame } from "./codec/frame.ts";
import { ProtocolError } from "./protocol-error.ts";
import type { Connected } from "./session.ts";

const LONGEST = 255;

/**
 * The name of the durable subscription that a frame asks for, in ActiveMQ's form (client-id and
 * activemq.subscriptionName) or in RabbitMQ's (durable, with x-queue-name or else the id); a client may send both.
 * The login is part of it: nobody can take what is kept for another.
 */
export function durableName({ login, clientId }: Connected, { headers }: Frame): string | undefined {
  const subscriptionName = headers.get("activemq.subscriptionName");
  if (subscriptionName !== undefined && clientId !== undefined) {
    return nameOf(login, clientId, subscriptionName);
  }
  if (headers.get("durable") !== "true") return undefined;
  const queue = headers.get("x-queue-name") ?? headers.get("id");
  return queue === undefined ? undefined : nameOf(login, queue);
}

function nameOf(...parts: readonly string[]): string {
  if (parts.some((part) => part.length > LONGEST)) {
    throw new ProtocolError(`the name of a durable subscription is longer than ${LONGEST} characters`);
  }
  return JSON.stringify(parts);
}
