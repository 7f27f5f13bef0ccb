import { createServer } from "node:http";
import { join } from "node:path";
import { namesIn, onDisk } from "./on-disk.ts";

/** A web server that serves, for each host and app, the revision of what is live there; a release with a file `sick` answers 500. */
export async function openFront(rootOf: (host: string, app: string) => string) {
  const server = createServer(({ url = "/" }, response) => {
    const [, host = "", app = ""] = url.split("/");
    const root = rootOf(host, app);
    const isSick = namesIn(join(root, "current")).includes("sick");
    response.writeHead(isSick ? 500 : 200).end(onDisk(root)?.revision ?? "nothing");
  });
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" ? (address?.port ?? 0) : 0;
  return {
    url: `http://127.0.0.1:${port}`,
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}
