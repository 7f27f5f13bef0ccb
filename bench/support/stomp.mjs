import { connect as dial } from "node:net";

/** Connects to a broker as a load generator does: what comes is counted, not parsed. */
export async function connect({ port, login, passcode }) {
  const socket = dial({ port, host: "127.0.0.1", noDelay: true });
  const client = new Client(socket);
  await new Promise((resolve, reject) => socket.once("connect", resolve).once("error", reject));
  client.say("CONNECT", { "accept-version": "1.2", host: "/", login, passcode, "heart-beat": "0,0" });
  await client.heard(1);
  return client;
}

class Client {
  /** Frames that came. Nothing that the generator sends holds a NUL byte, so that each is the end of one. */
  count = 0;
  /** @readonly */
  #socket;
  #waiting = [];
  #failed;

  constructor(socket) {
    this.#socket = socket;
    socket.on("data", (chunk) => {
      if (chunk.includes("ERROR\n"))
        this.#fail(new Error(`the broker refuses: ${chunk.toString().slice(0, 300)}`));
      for (let at = chunk.indexOf(0); at !== -1; at = chunk.indexOf(0, at + 1)) this.count += 1;
      for (const each of this.#waiting.filter(({ count }) => count <= this.count)) each.resolve();
      this.#waiting = this.#waiting.filter(({ count }) => count > this.count);
    });
    socket.on("error", (error) => this.#fail(error));
    socket.on("close", () => this.#fail(new Error("the broker closed the connection")));
  }

  say(command, headers = {}, body = "") {
    const lines = Object.entries(headers).map(([name, value]) => `${name}:${value}\n`);
    return this.write(`${command}\n${lines.join("")}\n${body}\0`);
  }

  /** Whether more may be written now; otherwise `drained` resolves when it may. */
  write(bytes) {
    return this.#socket.write(bytes);
  }

  drained() {
    return new Promise((resolve) => this.#socket.once("drain", resolve));
  }

  /** Resolves when so many frames have come in all. */
  heard(count) {
    if (this.#failed !== undefined) return Promise.reject(this.#failed);
    if (this.count >= count) return Promise.resolve();
    return new Promise((resolve, reject) => this.#waiting.push({ count, resolve, reject }));
  }

  end() {
    this.#socket.destroy();
  }

  #fail(error) {
    this.#failed ??= error;
    for (const { reject } of this.#waiting.splice(0)) reject(this.#failed);
  }
}
