// Publishes numbers without end, and prints each once its publish has resolved. Its first line of input starts it.
import { once } from "node:events";

const { connectBus } = /** @type {typeof import("../../lib/bus/connect.ts")} */ (
  await import("../../dist/lib/bus/connect.js")
);
const [address = "", spool = "", destination = ""] = process.argv.slice(2);
const nothing = () => undefined;
const log = { debug: nothing, info: nothing, warn: nothing, error: nothing, child: () => log };

const bus = await connectBus({ address, spool, clientId: "publisher", wait: true, log });
process.stdout.write("ready\n");
await once(process.stdin, "data");
for (let number = 1; ; number++) {
  await bus.publish({ destination, headers: {}, body: Buffer.from(String(number)), persistent: true });
  process.stdout.write(`${number}\n`);
}
