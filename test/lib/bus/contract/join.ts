import type { Bus } from "../../../../lib/bus/bus.ts";

/** Makes one more client, whose bus is drained after the test. */
export type Join = (clientId?: string) => Promise<Bus>;
