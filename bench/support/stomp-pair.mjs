import { once } from "node:events";
import { setTimeout as pause } from "node:timers/promises";
import { connect as dial } from "node:net";

const IN_FLIGHT = 64;

/** Opens connections to a broker that comes and goes, until it is told to stop. */
class Reconnecting {
  #stopped = false;
  #socket;

  constructor(address) {
    this.address = address;
  }

  stop() {
    this.#stopped = true;
    this.#socket?.destroy();
  }

  /** Runs a conversation over one connection after the other, until it says that it is over. */
  async converse(converse) {
    while (!this.#stopped) {
      const socket = dial({ port: this.address().port, host: "127.0.0.1", noDelay: true });
      this.#socket = socket;
      socket.on("error", () => undefined);
      const closed = new Promise((resolve) => socket.once("close", resolve));
      try {
        await once(socket, "connect");
        const { login, passcode } = this.address();
        socket.write(
          `CONNECT\naccept-version:1.2\nhost:/\nlogin:${login}\npasscode:${passcode}\nheart-beat:0,0\n\n\0`,
        );
        if ((await converse(framesOf(socket), socket)) === "over") return;
      } catch {
        // The broker is away: it comes again.
      } finally {
        socket.destroy();
      }
      await closed;
      await pause(20);
    }
  }
}

/** The frames that come over a socket, as texts; it ends with the connection. None of them holds a NUL byte in its body. */
async function* framesOf(socket) {
  let rest = "";
  for await (const chunk of socket) {
    const parts = (rest + chunk.toString("latin1")).split("\0");
    rest = parts.pop();
    for (const part of parts) {
      const frame = part.trimStart();
      if (frame.startsWith("ERROR")) throw new Error(frame);
      yield frame;
    }
  }
}

/** Sends messages to a queue, each with a receipt; what has none when a connection breaks goes out again under another name. */
export class Publisher {
  /** The names of those whose receipt came. */
  ids = [];
  mayGoOn = () => true;
  /** @readonly */
  #connection;
  #sent = 0;

  constructor(name, destination, address, messages) {
    Object.assign(this, { name, destination, messages });
    this.#connection = new Reconnecting(address);
  }

  get confirmed() {
    return this.ids.length;
  }

  run() {
    return this.#connection.converse(async (frames, socket) => {
      const open = new Set();
      const send = () => {
        let bytes = "";
        while (open.size < IN_FLIGHT && this.ids.length + open.size < this.messages && this.mayGoOn()) {
          const id = `${this.name}.${this.#sent++}`;
          open.add(id);
          bytes += `SEND\ndestination:${this.destination}\npersistent:true\nreceipt:${id}\n\n${id}\0`;
        }
        if (bytes !== "") socket.write(bytes);
      };
      // Where those who take are behind, nothing comes that would wake this up.
      const again = setInterval(send, 20);
      try {
        for await (const frame of frames) {
          const id = /^receipt-id:(.*)$/m.exec(frame)?.[1];
          if (id !== undefined && open.delete(id)) this.ids.push(id);
          if (this.ids.length >= this.messages) return "over";
          send();
        }
      } finally {
        clearInterval(again);
      }
      return "again";
    });
  }
}

/** Takes messages from a queue, acknowledges each, and notes which came, and which came again. */
export class Consumer {
  seen = new Set();
  repeated = 0;
  /** Deliveries that repeat one, and do not say so. */
  unsaid = 0;
  /** @readonly */
  #connection;
  /** @readonly */
  #destination;
  #heard = performance.now();

  constructor(destination, address) {
    this.#destination = destination;
    this.#connection = new Reconnecting(address);
  }

  run() {
    void this.#connection.converse(async (frames, socket) => {
      for await (const frame of frames) {
        if (frame.startsWith("CONNECTED"))
          socket.write(
            `SUBSCRIBE\nid:s\ndestination:${this.#destination}\nack:client-individual\nprefetch-count:200\n\n\0`,
          );
        if (!frame.startsWith("MESSAGE")) continue;
        this.#heard = performance.now();
        const id = frame.slice(frame.indexOf("\n\n") + 2);
        if (this.seen.has(id)) {
          if (/^redelivered:true$/m.test(frame)) this.repeated += 1;
          else this.unsaid += 1;
        }
        this.seen.add(id);
        socket.write(`ACK\nid:${/^ack:(.*)$/m.exec(frame)?.[1]}\n\n\0`);
      }
      return "again";
    });
  }

  /** Whether nothing has come for so long that nothing will. */
  isQuiet() {
    return performance.now() - this.#heard > 10_000;
  }

  async until(isSo) {
    while (!isSo()) await pause(100);
  }

  stop() {
    this.#connection.stop();
  }
}
