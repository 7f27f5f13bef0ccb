import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";
import { http } from "../../lib/effects/http.ts";
import type { Place } from "../../lib/effects/traffic/traffic.ts";

/** A server of a test that says its name, or answers as it is told. It ends with the test. */
export async function aPlace(
  page: string,
  answer: RequestListener = (_request, response) => void response.end(page),
): Promise<Place> {
  const server = createServer(answer);
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  onTestFinished(async () => {
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeAllConnections();
    await closed;
  });
  return { host: "127.0.0.1", port: (server.address() as AddressInfo).port };
}

/** A server whose first answer waits until it is let go; `begun` resolves once it is asked for. Others get theirs at once. */
export async function aSlowPlace() {
  let answer: (() => void) | undefined;
  let begin = (): void => undefined;
  const begun = new Promise<void>((resolve) => (begin = resolve));
  const place = await aPlace("", (_request, response) => {
    if (answer !== undefined) return response.end("quick");
    answer = () => void response.end("slow");
    begin();
    return undefined;
  });
  return { place, begun, answer: () => answer?.() };
}

/** What a visitor of a port gets: the page, or the status where that is no 200. */
export async function visit(port: number, path = "/"): Promise<string> {
  const { status, body } = await http(`http://127.0.0.1:${port}${path}`, {
    deadline: 10_000,
    // A connection that is kept may be closed just when it is used again: browsers try once more then.
    headers: { connection: "close" },
  });
  return status === 200 ? body.toString("utf8") : String(status);
}

/** Visits a port with four visitors at once while something is done, and answers all that they got. */
export async function visitedWhile(port: number, act: () => Promise<void>): Promise<readonly string[]> {
  let done = false;
  const seen = new Set<string>();
  const visitors = Array.from({ length: 4 }, async () => {
    while (!done) seen.add(await visit(port));
  });
  await act().finally(() => (done = true));
  await Promise.all(visitors);
  return [...seen].toSorted();
}
