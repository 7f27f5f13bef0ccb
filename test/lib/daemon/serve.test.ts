import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { connect } from "node:tls";
import { expect, test } from "vitest";
import { z } from "zod";
import { listeningKeys, listeningOf } from "../../../lib/config/listening.ts";
import { defineDaemon } from "../../../lib/daemon/define.ts";
import { http } from "../../../lib/effects/http.ts";
import { json } from "../../../lib/effects/http-server.ts";
import { message } from "../../../lib/messages/catalogue.ts";
import { memoryHub } from "../../../lib/bus/memory.ts";
import { type Certificate, selfSigned } from "../../support/certificate.ts";
import { listen, start } from "../../support/daemons.ts";
import { aFolder } from "../../support/folder.ts";
import { freePort } from "../../support/free-port.ts";
import { until } from "../../support/until.ts";

const doorbell = defineDaemon({
  name: "doorbell",
  summary: "Says who rang.",
  config: z.strictObject(listeningKeys),
  serve: {
    at: listeningOf,
    answer: ({ body }) => ({
      answer: json(202, { rang: true }),
      messages: [
        message("event.said", { source: "doorbell", text: body.toString(), at: new Date().toISOString() }),
      ],
    }),
  },
});

const deadline = 5_000;
const ring = (port: number) =>
  http(`http://127.0.0.1:${port}/`, { method: "POST", body: "a guest", deadline });

test("whoever is answered finds what was said already said", async () => {
  const port = await freePort();
  const hub = memoryHub();
  const { heard } = await listen(hub, "event.said");
  const daemon = await start(doorbell, () => ({ doorbell: { listen: `127.0.0.1:${port}` } }), hub);
  expect((await ring(port)).status).toBe(202);
  expect(heard).toMatchObject([{ type: "event.said", data: { text: "a guest" } }]);
  expect((await http(`http://127.0.0.1:${port}/healthz`, { deadline })).status).toBe(200);
  await daemon.stop();
  await expect(ring(port)).rejects.toMatchObject({ code: "HTTP_FAILED" });
});

test("a reload moves the door, and one to a place that cannot be had leaves it where it is", async () => {
  const [first, second] = [await freePort(), await freePort()];
  let at = `127.0.0.1:${first}`;
  const daemon = await start(doorbell, () => ({ doorbell: { listen: at } }));
  at = "0.0.0.0:1";
  daemon.reload();
  await until("it is refused", () => daemon.logged.some((line) => line.includes("keeping the old one")));
  expect((await ring(first)).status).toBe(202);
  at = `127.0.0.1:${second}`;
  daemon.reload();
  await until("it has moved", async () => (await ring(second).catch(() => undefined))?.status === 202);
  await expect(ring(first)).rejects.toMatchObject({ code: "HTTP_FAILED" });
  await daemon.stop();
});

/** The fingerprint of the certificate that is shown there. */
async function shownAt(port: number): Promise<string> {
  const socket = connect({ port, host: "127.0.0.1", rejectUnauthorized: false });
  await once(socket, "secureConnect");
  const { fingerprint256 } = socket.getPeerCertificate();
  socket.destroy();
  return fingerprint256;
}

test("a reload reads a certificate that was renewed in its place, and keeps the former one where the new one is broken", async () => {
  const [port, folder] = [await freePort(), aFolder()];
  const tls = { certificate: join(folder, "cert.pem"), key: join(folder, "key.pem") };
  const put = ({ cert, key }: Certificate) => {
    writeFileSync(tls.certificate, cert);
    writeFileSync(tls.key, key);
  };
  put(await selfSigned());
  const daemon = await start(doorbell, () => ({ doorbell: { listen: `127.0.0.1:${port}`, tls } }));
  const first = await shownAt(port);
  put(await selfSigned());
  expect(await shownAt(port)).toBe(first);
  daemon.reload();
  await until("the renewed one is shown", async () => (await shownAt(port)) !== first);
  const second = await shownAt(port);
  put({ cert: "torn", key: "torn" });
  daemon.reload();
  await until("it is refused", () => daemon.logged.some((line) => line.includes("Cannot use a certificate")));
  expect(await shownAt(port)).toBe(second);
  await daemon.stop();
});
