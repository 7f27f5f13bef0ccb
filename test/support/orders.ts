import type { Order } from "../../lib/effects/ci/ci.ts";
import { buildId, refName, repositoryName, revision } from "../../lib/schema/names.ts";
import { revisionOf } from "./builders.ts";

/** A build that is ordered; state only what the test is about. */
export function anOrder(said: Partial<Order> = {}): Order {
  return {
    build: buildId.parse(`unit@${revisionOf("a")}`),
    repository: repositoryName.parse("shop"),
    ref: refName.parse("refs/heads/main"),
    revision: revision.parse(revisionOf("a")),
    job: "plain",
    wanted: 0,
    parameters: {},
    ...said,
  };
}
