import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { heardAt, deadLetters, STANDARD_TOPICS } from "../../lib/messages/destinations.ts";
import { http } from "../../lib/effects/http.ts";
import { gitlabPush } from "../daemons/webhook/payloads.ts";
import { sent } from "../daemons/webhook/sent.ts";
import { revisionOf } from "../support/builders.ts";
import { freePort } from "../support/free-port.ts";
import { brokerOf, overhear } from "../support/older-kit.ts";
import { recordingServer } from "../support/recording-server.ts";
import { setStage } from "../support/stage.ts";
import { until } from "../support/until.ts";

/** One secret for each place that has one; none is part of another, and each changes when it is encoded for an address. */
const NAMES = [
  "webhook",
  "jenkins",
  "job",
  "absent",
  "slack",
  "closed",
  "bearer",
  "signing",
  "mail",
  "irc",
  "beats",
  "visitor",
  "older",
] as const;
type Name = (typeof NAMES)[number];
const SECRETS = Object.fromEntries(NAMES.map((name) => [name, `mark-${name}+of/${name}=7Kq`])) as Record<
  Name,
  string
>;

/** How a secret may look after it went through something: as it is, encoded for an address, or in base64 with something before it. */
function looksOf(secret: string): string[] {
  const base64 = [0, 1, 2].map((before) =>
    // The outermost characters depend on what stands beside it.
    Buffer.concat([Buffer.alloc(before), Buffer.from(secret)])
      .toString("base64")
      .slice(before === 0 ? 0 : 4, -4),
  );
  const once = encodeURIComponent(secret);
  return [secret, once, encodeURIComponent(once), secret.replaceAll("/", "\\/"), ...base64].flatMap(
    (look) => [look, look.replaceAll("+", "-").replaceAll("/", "_")],
  );
}

const holds = (text: string, secrets: Readonly<Record<string, string>>): string[] =>
  Object.entries(secrets).flatMap(([name, secret]) =>
    looksOf(secret).some((look) => text.includes(look)) ? [name] : [],
  );

/** Every command line that is seen until it is asked for. */
function commandLines(): () => string {
  const seen = new Set<string>();
  const look = () => {
    for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name)))
      try {
        seen.add(readFileSync(`/proc/${pid}/cmdline`, "utf8"));
      } catch {
        // It has ended.
      }
  };
  const timer = setInterval(look, 100);
  onTestFinished(() => clearInterval(timer));
  return () => {
    look();
    return [...seen].join("\n");
  };
}

const filesIn = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));

test("what encodes a secret is seen through", () => {
  const secret = SECRETS.slack;
  for (const before of ["", "a", "ab"])
    expect(holds(Buffer.from(`${before}${secret}:x`).toString("base64"), { secret })).toEqual(["secret"]);
  expect(holds(`/?token=${encodeURIComponent(secret)}`, { secret })).toEqual(["secret"]);
  expect(holds("mark-slack", { secret })).toEqual([]);
});

test(
  "no secret is printed, logged, said, kept or shown in a command line, also where all goes wrong",
  { timeout: 120_000 },
  async () => {
    const [port, closed] = [await freePort(), await freePort()];
    // Whatever it is told it throws back, as a proxy in a bad mood does.
    const server = await recordingServer(({ path, headers, body }) => ({
      status: path.startsWith("/jenkins") ? 401 : 403,
      body: JSON.stringify({ path, headers, body }),
    }));
    const stage = await setStage({ apps: {} });
    onTestFinished(stage.close);
    const secrets = join(stage.folder, "secrets");
    mkdirSync(secrets);
    const keep = (name: Name, text: string = SECRETS[name]) => {
      writeFileSync(join(secrets, name), `${text}\n`, { mode: 0o600 });
      return { file: `../secrets/${name}` };
    };
    mkdirSync(join(stage.folder, "logins"));
    const jenkins = { type: "jenkins", insecure: true, user: "skein" };
    const job = { repository: "shop", job: "app" };
    const encoded = (name: Name) => encodeURIComponent(SECRETS[name]);
    const config = stage.variant("secrets", {
      log: { level: "trace" },
      repositories: { shop: { url: "git@gitlab.com:acme/web/shop.git" } },
      webhook: {
        listen: `127.0.0.1:${port}`,
        hooks: { gitlab: { forge: "gitlab", secret: keep("webhook") } },
      },
      "ci-trigger": {
        poll: "100ms",
        servers: {
          refusing: { ...jenkins, url: `${server.url}/jenkins`, token: keep("jenkins") },
          open: { type: "jenkins", insecure: true, url: `${server.url}/jenkins-open` },
          absent: { ...jenkins, url: `http://127.0.0.1:${closed}`, token: keep("absent") },
        },
        jobs: {
          unit: { ...job, server: "refusing" },
          old: { ...job, server: "open", token: keep("job") },
          gone: { ...job, server: "absent" },
        },
      },
      notifier: {
        channels: {
          slack: { type: "slack", url: keep("slack", `${server.url}/services/${encoded("slack")}`) },
          closed: { type: "slack", url: keep("closed", `http://127.0.0.1:${closed}/${encoded("closed")}`) },
          program: {
            type: "http",
            url: `${server.url}/program`,
            token: keep("bearer"),
            secret: keep("signing"),
          },
          mail: {
            type: "mail",
            host: "127.0.0.1",
            port: closed,
            tls: "none",
            user: "skein",
            password: keep("mail"),
            from: "skein@example.org",
            to: ["ops@example.org"],
          },
          irc: {
            type: "irc",
            host: "127.0.0.1",
            port: closed,
            tls: false,
            nick: "skein",
            channels: ["#deploys"],
            password: keep("irc"),
          },
        },
        rules: [{ to: ["slack", "closed", "program", "mail", "irc"] }],
      },
      keepalive: {
        targets: [
          { destination: "/topic/beats", every: "1s", login: { user: "kit", passcode: keep("beats") } },
        ],
      },
      access: {
        sites: {
          preview: {
            type: "nginx",
            file: join(stage.folder, "logins", "preview"),
            check: ["true"],
            reload: ["true"],
          },
        },
      },
    });
    const seen = commandLines();
    const up = stage.start("up", "--config", config);
    await up.says("ready:");
    const broker = brokerOf(stage.state);
    const wire = await overhear(broker, ["/topic/skein.>", deadLetters(STANDARD_TOPICS)]);
    onTestFinished(wire.leave);
    const printed: string[] = [];
    const skein = async (input: string, ...words: string[]) => {
      const { status, stdout, stderr } = await stage.skeinWith(input, "--config", config, ...words);
      printed.push(stdout, stderr);
      return { status, said: stdout + stderr };
    };

    const knock = async (secret: string) => {
      const push = sent("gitlab", gitlabPush({ after: revisionOf("a") }), { secret });
      const options = {
        method: "POST",
        headers: { ...push.headers },
        body: push.body,
        deadline: 10_000,
      } as const;
      return (await http(`http://127.0.0.1:${port}${push.path}`, options)).status;
    };
    expect(await knock(`${SECRETS.webhook}x`)).toBe(401);
    expect(await knock(SECRETS.webhook)).toBe(202);
    const asked = (path: string) => server.requests.some((each) => each.path.startsWith(path));
    await until("everybody was asked", () =>
      ["/jenkins/", "/jenkins-open/", "/services/", "/program"].every(asked),
    );
    for (const channel of ["slack", "closed", "program", "mail", "irc"])
      expect((await skein("", "notify", "test", channel)).status).not.toBe(0);
    expect(
      await skein(`${SECRETS.visitor}\n`, "access", "grant", "preview", "bob", "--password-from", "-"),
    ).toMatchObject({ status: 0 });
    wire.say(
      heardAt("commit.pushed", STANDARD_TOPICS, "localhost"),
      `Site: preview\nUser: eve\nPassword: ${SECRETS.older}\n`,
    );
    await until("what nobody can handle is set aside", () =>
      wire.frames.some(({ headers }) => headers.get("destination") === deadLetters(STANDARD_TOPICS)),
    );
    await until("the failures are told", () => {
      const { stdout, stderr } = up.said();
      return ["keepalive", "ci-trigger", "notifier"].every((name) => (stdout + stderr).includes(name));
    });
    for (const words of ["check", "history --json", "history --of pushes --json", "access list --json"])
      await skein("", ...words.split(" "));
    const shown = seen();
    await up.stop();

    const all = { ...SECRETS, passcode: broker.passcode };
    const { stdout, stderr } = up.said();
    expect(holds(stdout + stderr, all)).toEqual([]);
    expect(holds(printed.join("\n"), all)).toEqual([]);
    expect(holds(shown, all)).toEqual([]);
    const heard = wire.frames.filter(({ headers }) => !headers.has("of-the-test"));
    expect(heard.length).toBeGreaterThan(5);
    const texts = heard.map(
      ({ headers, body }) => `${JSON.stringify([...headers])}\n${body.toString("latin1")}`,
    );
    expect(holds(texts.join("\n"), all)).toEqual([]);

    // Where they rightly are: what the configuration names, and the login of the broker. Nobody else may read those.
    const kept = filesIn(stage.folder).flatMap((path) =>
      holds(readFileSync(path, "latin1"), all).map((name) => [relative(stage.folder, path), name] as const),
    );
    const rightly = NAMES.filter((name) => name !== "visitor" && name !== "older");
    expect(
      kept
        .filter(([path]) => path.startsWith("secrets/"))
        .map(([, name]) => name)
        .toSorted(),
    ).toEqual(rightly.toSorted());
    const others = kept.filter(([path]) => !path.startsWith("secrets/"));
    expect(new Set(others.map(([, name]) => name))).toEqual(new Set(["passcode"]));
    for (const [path] of others)
      expect([path, statSync(join(stage.folder, path)).mode & 0o077]).toEqual([path, 0]);
    // And on the wire: where each server is to know it.
    const told = (path: string) =>
      holds(JSON.stringify(server.requests.filter((each) => each.path.startsWith(path))), SECRETS);
    expect(told("/jenkins/")).toEqual(["jenkins"]);
    expect(told("/jenkins-open/")).toEqual(["job"]);
    expect(told("/services/")).toEqual(["slack"]);
    expect(told("/program")).toEqual(["bearer"]);
  },
);
