import { Failure } from "../lib/failure.ts";
import { type Command, followsFrom } from "../lib/security/command.ts";
import { type Deploy, stateOf } from "./record.ts";
import type { Part } from "./work.ts";

/** A command about a rollout that was authorised before. */
export type Order = Exclude<Command, { readonly kind: "deploy" | "rollback" }>;

/**
 * That an order is about this deploy, by its id and the digest of what was signed.
 * @throws {Failure} E_PRECONDITION
 */
export function requireFit(order: Order, { request }: Deploy): void {
  const { command, digest } = request;
  const fitting =
    order.kind === "cancel"
      ? order.app === command.app && order.environment === command.environment
      : followsFrom(order, command, digest);
  if (fitting) return;
  throw new Failure(
    "E_PRECONDITION",
    `Cannot ${order.kind}: rollout ${command.id} was authorised otherwise on this host`,
  );
}

/**
 * The part of the deploy that an order begins; none where everything that it wants is under way, or done.
 * @throws {Failure} E_POLICY where the authorisation does not allow to go back
 */
export function partFor(order: Order, deploy: Deploy): Part | undefined {
  const state = stateOf(deploy);
  switch (order.kind) {
    case "go":
      return state === "waiting" ? "go" : undefined;
    case "revert":
      if (deploy.request.command.strategy.onFailure !== "rollback")
        throw new Failure("E_POLICY", "Cannot revert: what was authorised does not allow to go back");
      return state === "over" && deploy.finished?.outcome === "live" ? "revert" : undefined;
    case "abort":
    case "cancel":
      return isUnbegun(deploy) ? "abort" : undefined;
    default:
      return undefined;
  }
}

/** What has its turn is not stopped half-way: its end is the answer. */
const isUnbegun = (deploy: Deploy): boolean =>
  ["accepted", "waiting"].includes(stateOf(deploy)) || deploy.inHand?.part === "prepare";

/** The part that a deploy is in the middle of, or that comes by itself. */
export function pendingPart(deploy: Deploy): Part | undefined {
  return deploy.inHand?.part ?? (stateOf(deploy) === "accepted" ? "prepare" : undefined);
}
