import { readFileSync } from "node:fs";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";

/** One question to a real Jenkins 2.263.4, and what it answered. */
interface Exchange {
  readonly label: string;
  readonly request: {
    readonly method: string;
    readonly path: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly body?: string;
  };
  readonly response: {
    readonly status: number;
    readonly headers: Readonly<Record<string, string | string[]>>;
    readonly body: string;
  };
}

const RECORDING = new URL("../fixtures/jenkins-exchanges.ndjson", import.meta.url);

/** All that was recorded, in its order. */
export const exchanges: readonly Exchange[] = readFileSync(RECORDING, "utf8")
  .trimEnd()
  .split("\n")
  .map((line) => JSON.parse(line) as Exchange);

/** Who asks in the recording, with what stands there for a secret. */
export const LOGINS = {
  token: { user: "user", secret: "apitoken" },
  password: { user: "user", secret: "password" },
} as const;

const AUTHORIZATIONS: Readonly<Record<string, string>> = {
  [`Basic ${Buffer.from("user:apitoken").toString("base64")}`]: "Basic <user:apitoken>",
  [`Basic ${Buffer.from("user:password").toString("base64")}`]: "Basic <user:password>",
};

/** Which fields are shown is for whoever asks; what they hold is what was recorded. */
const withoutTree = (path: string): string => path.replace(/\?tree=.*$/, "");

/**
 * A web server that answers as the recorded Jenkins did, each exchange in its turn where one was asked several times. A question
 * that nobody put to the real one gets 599, and is listed in `unrecorded`.
 */
export async function replayedJenkins() {
  const asked: string[] = [];
  const unrecorded: string[] = [];
  const turns = new Map<string, number>();
  const answerTo = (request: IncomingMessage, body: string): Exchange | undefined => {
    const { method = "", url = "", headers } = request;
    const sent = headers.authorization;
    const login = sent === undefined ? undefined : (AUTHORIZATIONS[sent] ?? sent);
    const fits = exchanges.filter(
      ({ request: recorded }) =>
        recorded.method === method &&
        withoutTree(recorded.path) === withoutTree(url) &&
        recorded.headers["authorization"] === login &&
        recorded.headers["Jenkins-Crumb"] === headers["jenkins-crumb"] &&
        recorded.headers["cookie"] === headers.cookie &&
        (recorded.body ?? "") === body,
    );
    const question = `${method} ${url} ${login} ${body}`;
    const turn = turns.get(question) ?? 0;
    turns.set(question, turn + 1);
    return fits[Math.min(turn, fits.length - 1)];
  };
  const server = createServer((request, response) => {
    void (async () => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      const body = Buffer.concat(chunks).toString("utf8");
      const found = answerTo(request, body);
      if (found === undefined) {
        unrecorded.push(`${request.method} ${request.url} ${body}`);
        response.writeHead(599).end("nobody asked the real one that");
        return;
      }
      asked.push(found.label);
      const { "content-length": _length, ...headers } = found.response.headers;
      response.writeHead(found.response.status, headers).end(found.response.body);
    })();
  });
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    /** The labels of what was asked and answered. */
    asked,
    unrecorded,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
