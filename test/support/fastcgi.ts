import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import { onTestFinished } from "vitest";

const TYPE = { end: 3, params: 4, stdin: 5, stdout: 6 };
const HEAD = 8;

/** Answers FastCGI on a socket, as PHP-FPM does, by what a request was given; ends with the test. */
export async function fastCgi(
  path: string,
  answer: (given: Readonly<Record<string, string>>) => Promise<string>,
): Promise<void> {
  const server = createServer((socket) => serve(socket, answer));
  server.listen(path);
  await once(server, "listening");
  onTestFinished(async () => {
    server.close();
    await once(server, "close");
  });
}

function serve(socket: Socket, answer: Parameters<typeof fastCgi>[1]): void {
  let waiting: Buffer = Buffer.alloc(0);
  let params: Buffer = Buffer.alloc(0);
  socket.on("error", () => socket.destroy());
  socket.on("data", (chunk: Buffer) => {
    waiting = Buffer.concat([waiting, chunk]);
    while (waiting.length >= HEAD) {
      const [type, length, padding] = [waiting[1], waiting.readUInt16BE(4), waiting[6] ?? 0];
      if (waiting.length < HEAD + length + padding) return;
      const content = waiting.subarray(HEAD, HEAD + length);
      waiting = waiting.subarray(HEAD + length + padding);
      if (type === TYPE.params) params = Buffer.concat([params, content]);
      if (type !== TYPE.stdin || length > 0) continue;
      void answer(pairsIn(params)).then(
        (body) => {
          socket.write(record(TYPE.stdout, Buffer.from(`Content-Type: text/plain\r\n\r\n${body}`)));
          socket.write(record(TYPE.stdout, Buffer.alloc(0)));
          socket.end(record(TYPE.end, Buffer.alloc(8)));
        },
        () => socket.destroy(),
      );
    }
  });
}

function record(type: number, content: Buffer): Buffer {
  const head = Buffer.from([1, type, 0, 1, 0, 0, 0, 0]);
  head.writeUInt16BE(content.length, 4);
  return Buffer.concat([head, content]);
}

/** Of what is given twice, the last counts, as in PHP. */
function pairsIn(bytes: Buffer): Record<string, string> {
  const pairs: Record<string, string> = {};
  let at = 0;
  const length = () => {
    const long = (bytes[at] ?? 0) >= 0x80;
    const value = long ? bytes.readUInt32BE(at) & 0x7fffffff : (bytes[at] ?? 0);
    at += long ? 4 : 1;
    return value;
  };
  const text = (size: number) => bytes.subarray(at, (at += size)).toString("utf8");
  while (at < bytes.length) {
    const sizes = [length(), length()] as const;
    const name = text(sizes[0]);
    pairs[name] = text(sizes[1]);
  }
  return pairs;
}
