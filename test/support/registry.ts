import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { AnImage } from "./image.ts";

/** A registry of images, for whoever knows the password: what `pull` asks for, over HTTP. */
export interface Registry {
  /** Such as 127.0.0.1:5000. */
  readonly address: string;
  readonly add: (image: AnImage) => void;
  readonly close: () => Promise<void>;
}

/** Starts one on a free port. */
export async function startRegistry(user: string, password: string): Promise<Registry> {
  const wanted = `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`;
  const objects = new Map<string, { readonly bytes: Buffer; readonly type: string }>();
  const server = createServer(({ url = "", method, headers }: IncomingMessage, response: ServerResponse) => {
    if (headers.authorization !== wanted)
      return void response.writeHead(401, { "www-authenticate": 'Basic realm="geese"' }).end();
    if (url === "/v2/") return void response.writeHead(200).end("{}");
    const object = objects.get(/(sha256:[0-9a-f]{64})$/.exec(url)?.[1] ?? "");
    if (object === undefined)
      return void response.writeHead(404).end('{"errors":[{"code":"MANIFEST_UNKNOWN"}]}');
    response.writeHead(200, { "content-type": object.type, "content-length": object.bytes.length });
    response.end(method === "HEAD" ? undefined : object.bytes);
  });
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    add: ({ blobs, digest, manifest }) => {
      for (const [name, bytes] of blobs) objects.set(name, { bytes, type: "application/octet-stream" });
      objects.set(`sha256:${digest}`, {
        bytes: manifest,
        type: "application/vnd.docker.distribution.manifest.v2+json",
      });
    },
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}
