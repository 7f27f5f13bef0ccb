import { afterEach, describe } from "vitest";
import type { Bus } from "../../../lib/bus/bus.ts";
import { unique } from "./builders.ts";
import { contents } from "./contract/contents.ts";
import { durables } from "./contract/durables.ts";
import { endings } from "./contract/endings.ts";
import type { Join } from "./contract/join.ts";
import { queues } from "./contract/queues.ts";
import { refusals } from "./contract/refusals.ts";
import { topics } from "./contract/topics.ts";

/** A broker, as the suite needs it: each call is one more client of it. */
export type Connect = (clientId: string) => Promise<Bus>;

/** Every bus keeps the same promises; this suite holds one to them. */
export function aBus(name: string, connect: Connect): void {
  describe(`the promises of ${name}`, () => {
    const open: Bus[] = [];
    afterEach(async () => {
      await Promise.all(open.splice(0).map((bus) => bus.drain()));
    });
    const join: Join = async (clientId = unique("client")) => {
      const bus = await connect(clientId);
      open.push(bus);
      return bus;
    };
    topics(join);
    contents(join);
    durables(join);
    queues(join);
    refusals(join);
    endings(join);
  });
}
