import { memoryHub } from "../../../lib/bus/memory.ts";
import { aBus } from "./contract.ts";

const hub = memoryHub({ patience: 5 });
aBus("the bus in memory", async () => hub.connect());
