import { connect } from "node:net";
import { Failure, reasonOf } from "../../failure.ts";

const DEADLINE = 5_000;
const MOST = 4 * 1024 * 1024;

/**
 * Gives a command to HAProxy's Runtime API, and returns all that it answers.
 * @throws {Failure} TRAFFIC_UNREACHABLE, transient
 */
export async function askHaproxy(socket: string, command: string): Promise<string> {
  try {
    return await answerTo(socket, command);
  } catch (cause) {
    const where = `Cannot reach HAProxy at ${socket}`;
    throw new Failure("TRAFFIC_UNREACHABLE", `${where}: ${reasonOf(cause)}`, { cause, transient: true });
  }
}

function answerTo(path: string, command: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ path });
    const chunks: Buffer[] = [];
    let size = 0;
    const fail = (error: Error) => {
      clearTimeout(timer);
      socket.destroy();
      reject(error);
    };
    const timer = setTimeout(() => fail(new Error(`no answer within ${DEADLINE} ms`)), DEADLINE);
    socket.once("error", fail);
    socket.on("data", (chunk: Buffer) => {
      size += chunk.length;
      if (size > MOST) fail(new Error(`it answers with more than ${MOST} bytes`));
      else chunks.push(chunk);
    });
    socket.once("end", () => {
      clearTimeout(timer);
      socket.destroy();
      resolve(Buffer.concat(chunks).toString("utf8"));
    });
    // Not ended: HAProxy takes a closed writing side for a client that is gone.
    socket.write(`${command}\n`);
  });
}
