import { statSync } from "node:fs";
import { expect, test } from "vitest";
import { access } from "../../../daemons/access.ts";
import { aGrant, aRevocation, trusting } from "../../support/access.ts";
import { listen, publish, start } from "../../support/daemons.ts";
import { aFolder } from "../../support/folder.ts";
import { until } from "../../support/until.ts";
import { type KINDS, startWebServer, type WebServer } from "../../support/web-server.ts";

/** A running daemon that has one site, at a real server. */
async function aSite(server: WebServer, state = trusting(aFolder())) {
  const daemon = await start(access, () => ({ state, access: { sites: { "shop-preview": site(server) } } }));
  const news = await listen(daemon.hub, "access.applied", "event.said");
  const outcome = (user: string, wanted: string) =>
    news.next(({ type, data }) => type === "access.applied" && data.user === user && data.outcome === wanted);
  return { ...daemon, state, news, outcome };
}

const site = ({ site: given }: WebServer) =>
  given["type"] === "haproxy" ? { ...given, userlist: "site" } : given;

const answers = (server: WebServer, status: number, user: string, within?: number) =>
  until(
    `${user} is answered ${status}`,
    async () => (await server.ask(user, "correct horse")).status === status,
    within,
  );

/**
 * How long a login is good that is to run out, in milliseconds: whichever of these is longer than this machine takes, as busy
 * as it is, to let somebody in.
 */
const LIVES = [2_500, 8_000, 24_000] as const;

/** What holds of every kind of web server. */
export function letsPeopleIn(kind: keyof typeof KINDS): void {
  test("whoever is granted is let in with the password, and nobody else", async () => {
    const server = await startWebServer(kind);
    const { hub, outcome, stop } = await aSite(server);
    expect((await server.ask()).status).toBe(401);
    server.configure(2);
    await publish(hub, "access.granted", await aGrant());
    await outcome("alice", "granted");
    await answers(server, 200, "alice");
    // All of its configuration was read again.
    await until("it was reloaded", async () => (await server.ask()).generation === 2);
    expect((await server.ask("alice", "wrong")).status).toBe(401);
    expect((await server.ask("bob", "correct horse")).status).toBe(401);
    expect(statSync(server.file).mode & 0o777).toBe(0o640);

    await publish(hub, "access.revoked", await aRevocation());
    await outcome("alice", "revoked");
    await answers(server, 401, "alice");
    await stop();
  });

  test("a login runs out by itself", async () => {
    const server = await startWebServer(kind);
    const { hub, outcome, stop } = await aSite(server);
    const wasIn = [];
    for (const lasts of LIVES) {
      const user = `alice${lasts}`;
      await publish(hub, "access.granted", await aGrant({ user, lasts }));
      const expired = outcome(user, "expired");
      wasIn.push(await Promise.race([answers(server, 200, user), expired.then(() => false)]));
      await expired;
      await answers(server, 401, user);
      if (wasIn.at(-1) === true) break;
    }
    expect(wasIn).toContain(true);
    await stop();
  });

  test("a login that runs out while the daemon is away is taken out when it is back", async () => {
    const server = await startWebServer(kind);
    const first = await aSite(server);
    const wasIn = [];
    for (const lasts of LIVES) {
      const daemon = wasIn.length === 0 ? first : await aSite(server, first.state);
      await publish(daemon.hub, "access.granted", await aGrant({ lasts }));
      await daemon.outcome("alice", "granted");
      await daemon.stop();
      wasIn.push(await answers(server, 200, "alice", lasts).catch(() => false));
      if (wasIn.at(-1) === true) break;
    }
    expect(wasIn).toContain(true);

    const second = await aSite(server, first.state);
    await second.outcome("alice", "expired");
    await answers(server, 401, "alice");
    await second.stop();
  });

  test("a broken configuration is not read: the server goes on, and learns of the login once it is mended", async () => {
    const server = await startWebServer(kind);
    const { hub, news, outcome, stop } = await aSite(server);
    await publish(hub, "access.granted", await aGrant());
    await outcome("alice", "granted");
    await answers(server, 200, "alice");

    server.configure(2, "broken");
    await publish(hub, "access.granted", await aGrant({ user: "bob" }));
    expect((await outcome("bob", "waiting")).data).toMatchObject({ code: "ACCESS_CHECK" });
    await news.next(({ type, data }) => type === "event.said" && data.text.includes("[ACCESS_CHECK]"));
    expect(await server.ask("alice", "correct horse")).toEqual({ status: 200, generation: 1 });
    expect((await server.ask("bob", "correct horse")).status).toBe(401);

    server.configure(3);
    await outcome("bob", "granted");
    await answers(server, 200, "bob");
    await answers(server, 200, "alice");
    expect(news.heard.filter(({ type }) => type === "event.said")).toHaveLength(2);
    await stop();
  });
}
