import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { encrypt } from "unixcrypt";
import { describe, expect, test } from "vitest";
import { access } from "../../daemons/access.ts";
import { argvOf, siteOf } from "../../daemons/access/sites.ts";
import { type Data, message } from "../../lib/messages/catalogue.ts";
import { enclose, encode, parseData } from "../../lib/messages/envelope.ts";
import { readText } from "../../lib/messages/dialect/older-kit.ts";
import { loginName } from "../../lib/schema/names.ts";
import { aGrant, aRevocation, trusting } from "../support/access.ts";
import { aSigner } from "../lib/security/builders.ts";
import { listen, start } from "../support/daemons.ts";
import { dataOf, given } from "../support/given.ts";
import { aFolder } from "../support/folder.ts";

interface Recorded {
  readonly name: string;
  readonly stimulus: { readonly body: string };
}

interface Set {
  readonly site?: Readonly<Record<string, unknown>>;
  readonly config?: Readonly<Record<string, unknown>>;
  readonly state?: string;
  readonly now?: () => Date;
}

/** A host with one site, whose server finds everything good. */
function aHost({ site = {}, config = {}, state = trusting(aFolder()), now }: Set = {}) {
  const file = join(state, "shop.logins");
  const usual = { type: "nginx", file, check: ["true"], reload: ["true"] };
  const sites = { "shop-preview": { ...usual, ...site } };
  const daemon = given(access, {
    settings: { state },
    config: { sites, ...config },
    ...(now && { now }),
  });
  const read = () => (existsSync(file) ? readFileSync(file, "utf8") : undefined);
  const users = () =>
    (read() ?? "")
      .split("\n")
      .filter((line) => line !== "" && !line.startsWith("#"))
      .map((line) => line.split(":")[0]);
  return { ...daemon, state, file, read, users };
}

/** What is in every file below a folder. */
const filesBelow = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((each) => each.isFile())
    .map((each) => readFileSync(join(each.parentPath, each.name), "utf8"));

const outcomes = (messages: Parameters<typeof dataOf>[1]) =>
  dataOf("access.applied", messages).map(({ user, outcome, code }) => [user, outcome, code]);

test("a grant is written down, applied, and told of with who asked and until when", async () => {
  const host = aHost();
  const grant = await aGrant();
  expect(dataOf("access.applied", await host.when("access.granted", grant))).toMatchObject([
    { request: grant.request, host: "web1", user: "alice", outcome: "granted", by: "dana@x", why: "a look" },
  ]);
  expect(host.users()).toEqual(["alice"]);
  expect(host.read()).toMatch(/^alice:\$6\$/m);
  expect(statSync(host.file).mode & 0o777).toBe(0o640);
});

test("a repeat changes nothing and is answered the same", async () => {
  const host = aHost();
  const grant = await aGrant();
  const first = await host.when("access.granted", grant);
  expect(await host.when("access.granted", grant)).toEqual(first);
});

test("a grant that was accepted, but lost before it was written down, is done when it comes again", async () => {
  const host = aHost();
  const grant = await aGrant();
  await host.when("access.granted", grant);
  const { deps } = await host.context();
  await deps.logins.remove("shop-preview/alice");
  expect(outcomes(await host.when("access.granted", grant))).toEqual([["alice", "granted", undefined]]);
});

test("a revocation holds against an older grant that comes late, and against its repeat", async () => {
  const host = aHost();
  const [early, late] = [await aGrant(), await aGrant({ user: "bob" })];
  const revocation = await aRevocation();
  await host.when("access.granted", late);
  expect(outcomes(await host.when("access.revoked", revocation))).toEqual([["alice", "revoked", undefined]]);
  expect(outcomes(await host.when("access.granted", early))).toEqual([["alice", "refused", "E_OLD"]]);
  expect(host.users()).toEqual(["bob"]);

  const again = await aGrant();
  await host.when("access.granted", again);
  await host.when("access.revoked", await aRevocation());
  expect(outcomes(await host.when("access.granted", again))).toEqual([["alice", "refused", "E_OLD"]]);
  expect(host.users()).toEqual(["bob"]);
});

test("another host's site is none of this host's business", async () => {
  const host = aHost();
  expect(await host.when("access.granted", await aGrant({ site: "shop-elsewhere" }))).toEqual([]);
});

describe("who is refused", () => {
  test.each<[string, string, () => Promise<Data<"access.granted">>]>([
    ["a stranger", "E_KEY", () => aGrant({ signer: aSigner() })],
    ["a signature for a deploy", "E_KEY", () => aGrant({ purpose: "deploy@skein" })],
    [
      "no signature",
      "E_SIG_FORMAT",
      async () => {
        const grant = await aGrant();
        return { ...grant, command: { ...grant.command, signatures: [] } };
      },
    ],
    [
      "another user than was signed for",
      "E_PARSE",
      async () => ({ ...(await aGrant()), user: loginName.parse("mallory") }),
    ],
    ["a login that is over", "E_EXPIRED", () => aGrant({ lasts: -10_000 })],
    ["a word that is over", "E_EXPIRED", () => aGrant({ command: { iat: 1_000, exp: 2_000, seq: 1 } })],
    [
      "a word from the future",
      "E_FUTURE",
      () => aGrant({ command: { iat: 4_000_000_000, exp: 4_000_000_100 } }),
    ],
    [
      "a word that would be good for years",
      "E_TTL",
      () => aGrant({ command: { exp: Math.floor(Date.now() / 1_000) + 40 * 86_400 } }),
    ],
    ["a login for longer than allowed", "ACCESS_TOO_LONG", () => aGrant({ lasts: 31 * 86_400_000 })],
  ])("%s: %s", async (_what, code, forge) => {
    const host = aHost();
    await host.reconcile();
    const before = host.read();
    const grant = await forge();
    expect(outcomes(await host.when("access.granted", grant))).toEqual([[grant.user, "refused", code]]);
    expect(host.read()).toBe(before);
  });

  test.each([
    ["no rule", "rules: []\n"],
    ["a rule for other sites", "rules: [{who: [dana@x], sites: [blog], kinds: [grant]}]\n"],
    ["a rule for deploys", "rules: [{who: [dana@x], apps: ['*'], environments: ['*'], kinds: [deploy]}]\n"],
    ["a rule for revocations", "rules: [{who: [dana@x], sites: ['*'], kinds: [revoke]}]\n"],
    ["a rule that wants an approval", "rules: [{who: ['*'], sites: ['*'], kinds: [grant], approvals: 1}]\n"],
  ])("whom %s allows it: E_POLICY", async (_what, policy) => {
    const host = aHost({ state: trusting(aFolder(), policy) });
    expect(outcomes(await host.when("access.granted", await aGrant()))).toEqual([
      ["alice", "refused", "E_POLICY"],
    ]);
  });

  test.each([
    "al:ice",
    "al\nice",
    "a".repeat(300),
    "",
    "-alice",
    "al ice",
    "alice\u0000",
    "álice",
    "a#b",
    'a"b',
    "../x",
  ])("a user called %j", async (user) => {
    const grant = await aGrant();
    expect(() => parseData("access.granted", { ...grant, user })).toThrow(/user/);
    await expect(aGrant({ user })).rejects.toThrow(/user|not ASCII/);
  });

  test("whoever sends something else than a hash, or one that would keep a server busy", async () => {
    const rest = "a".repeat(86);
    for (const hash of [
      "*0",
      "plain",
      `$1$salt$${rest}`,
      `$6$rounds=900000$saltsalt$${rest}`,
      `$6$a:\n$${rest}`,
    ])
      await expect(aGrant({ command: { hash } })).rejects.toThrow(/hash/);
  });
});

test("no user name that is taken means more than itself in a file of any server", () => {
  const SAFE = /^[A-Za-z0-9._@+-]+$/;
  fc.assert(
    fc.property(fc.string({ unit: "grapheme", maxLength: 120 }), (text) => {
      if (loginName.safeParse(text).success) expect(text).toMatch(SAFE);
    }),
    { numRuns: 2_000 },
  );
});

test("a login runs out at its time, though its server cannot be told: it is out of the file at once", async () => {
  let now = Date.now();
  const flag = join(aFolder(), "good");
  writeFileSync(flag, "");
  const host = aHost({ site: { check: ["test", "-e", flag] }, now: () => new Date(now) });
  await host.when("access.granted", await aGrant({ lasts: 60_000 }));
  await host.when("access.granted", await aGrant({ user: "bob", lasts: 3_600_000 }));
  expect(host.users()).toEqual(["alice", "bob"]);
  rmSync(flag);
  now += 62_000;
  const said = await host.tick();
  expect(outcomes(said)).toEqual([["alice", "waiting", "ACCESS_CHECK"]]);
  expect(host.users()).toEqual(["bob"]);
  // It is told once, and tried again in good time.
  expect(await host.tick()).toEqual([]);
  writeFileSync(flag, "");
  now += 3_000;
  const mended = await host.tick();
  expect(outcomes(mended)).toEqual([["alice", "expired", undefined]]);
  expect(dataOf("event.said", mended)).toHaveLength(1);
});

test("what stands in the place of the file and is not ours is left alone", async () => {
  const host = aHost();
  writeFileSync(host.file, "admin:$apr1$old\n");
  const said = await host.reconcile();
  expect(dataOf("event.said", said)[0]?.text).toMatch(/was not made by Skein \[ACCESS_FILE\]/);
  expect(outcomes(await host.when("access.granted", await aGrant()))).toEqual([
    ["alice", "waiting", "ACCESS_FILE"],
  ]);
  expect(host.read()).toBe("admin:$apr1$old\n");
});

test("what was written into the file by hand does not last", async () => {
  const host = aHost();
  await host.when("access.granted", await aGrant());
  writeFileSync(host.file, `${host.read()}mallory:$6$x\n`);
  await host.reconcile();
  expect(host.users()).toEqual(["alice"]);
});

test("a server that cannot be told to read again is told of once, and told again", async () => {
  const host = aHost({ site: { reload: ["false"] } });
  const said = await host.when("access.granted", await aGrant());
  expect(outcomes(said)).toEqual([["alice", "waiting", "ACCESS_RELOAD"]]);
  expect(dataOf("event.said", said)).toHaveLength(1);
  expect(dataOf("event.said", await host.when("access.granted", await aGrant()))).toHaveLength(0);
});

test("a program that is not there counts as one that complains", async () => {
  const host = aHost({ site: { check: ["/no/such/program"] } });
  expect(outcomes(await host.when("access.granted", await aGrant()))).toEqual([
    ["alice", "waiting", "ACCESS_CHECK"],
  ]);
  expect(host.read()).toBeUndefined();
});

test("after a restart it knows its logins, and tells of them under the same ids", async () => {
  const first = aHost();
  const [told] = await first.when("access.granted", await aGrant());
  (await first.context()).deps.replay.close();
  const second = aHost({ state: first.state });
  const again = await second.reconcile();
  expect(again).toEqual([told]);
  const idOf = (said: typeof told) =>
    said === undefined ? undefined : enclose(said as never, { source: "//web1/access", now: new Date() }).id;
  expect(idOf(again[0])).toBe(idOf(told));
});

test("HAProxy gets a userlist, which a name cannot leave", async () => {
  const host = aHost({ site: { type: "haproxy", userlist: "preview" } });
  await host.when("access.granted", await aGrant({ user: "dana@example.org" }));
  expect(host.read()).toMatch(
    /^# Kept by Skein [^\n]*\nuserlist preview\n\tuser dana@example\.org password \$6\$[./0-9A-Za-z$]+\n$/,
  );
});

test.each([
  ["nginx", ["nginx", "-t"], ["nginx", "-s", "reload"]],
  ["apache", ["apache2ctl", "configtest"], ["apache2ctl", "graceful"]],
  [
    "haproxy",
    ["haproxy", "-c", "-f", "/etc/haproxy/haproxy.cfg", "-f", "/etc/skein/logins/shop"],
    ["systemctl", "reload", "haproxy"],
  ],
])(
  "%s is tested and told as Debian has it, unless the configuration says otherwise",
  (type, check, reload) => {
    const { sites } = access.config.parse({ sites: { shop: { type, file: "/etc/skein/logins/shop" } } });
    const site = siteOf(sites, "shop");
    expect(site && [argvOf("check", site), argvOf("reload", site)]).toEqual([check, reload]);
  },
);

test("two sites cannot share a file", () => {
  const site = { type: "nginx", file: "/etc/logins" };
  const result = access.config.safeParse({ sites: { one: site, two: site } });
  expect(result.error?.issues[0]).toMatchObject({
    path: ["sites", "two", "file"],
    message: "is the file of one, too",
  });
});

describe("the older kit's messages", () => {
  /** As it might come, whatever its form lets through. */
  const asked = (said: Partial<Data<"access.asked">> = {}): Data<"access.asked"> => ({
    site: "shop-preview",
    user: "alice@example.org",
    password: "battery staple: x",
    at: "2026-11-21T10:15:02Z",
    ...said,
  });
  const open = { "older-kit": true, "older-kit-sites": ["shop-preview"] };

  test.each([
    ["by default", {}],
    ["without the site", { "older-kit": true }],
    ["without the switch", { "older-kit-sites": ["shop-preview"] }],
    ["for another site", { "older-kit": true, "older-kit-sites": ["blog"] }],
  ])("are refused %s, with what to do", async (_when, config) => {
    const host = aHost({ config });
    const said = await host.when("access.asked", asked());
    expect(dataOf("event.said", said)[0]?.text).toMatch(
      /ACCESS_OLDER_KIT.*skein access grant.*older-kit-sites/,
    );
    expect(host.users()).toEqual([]);
    // A flood of them is told of once.
    expect(await host.when("access.asked", asked())).toEqual([]);
  });

  test("let in for a fortnight where they are allowed, by a hash that servers read", async () => {
    const host = aHost({ config: open });
    const said = await host.when("access.asked", asked());
    const [applied] = dataOf("access.applied", said);
    expect(applied).toMatchObject({ user: "alice@example.org", outcome: "granted", by: "the older kit" });
    const left = Date.parse(applied?.until ?? "") - Date.now();
    expect(left / 86_400_000).toBeCloseTo(14, 2);
    // The older kit wrote *0 on today's Debian, which lets nobody in.
    expect(host.read()).toMatch(/^alice@example\.org:\$6\$[./0-9A-Za-z]{16}\$[./0-9A-Za-z]{86}$/m);
    expect(host.read()).not.toMatch(/userlist/);
  });

  /** What the older kit's daemon was sent, and made of it, when it was recorded. */
  const recorded = (
    JSON.parse(readFileSync("test/fixtures/legacy/stomp-access.json", "utf8")) as Recorded[]
  ).map(({ name, stimulus: { body } }) => {
    const field = (label: string) => new RegExp(`^${label}: (.*)$`, "m").exec(body)?.[1] ?? "";
    return { name, said: { site: field("Site"), user: field("User"), password: field("Password") } };
  });
  const sites = ["example-site", "different-site"] as const;

  test.each(recorded)(
    "$name: only who can be let in gets in, by a hash that lets him in",
    async ({ said }) => {
      const state = trusting(aFolder());
      const own = { type: "nginx", check: ["true"], reload: ["true"] };
      const host = aHost({
        state,
        config: {
          "older-kit": true,
          "older-kit-sites": sites,
          sites: Object.fromEntries(sites.map((each) => [each, { ...own, file: join(state, each) }])),
        },
      });
      const heard = await host.when("access.asked", asked(said));
      const isKnown = sites.some((each) => each === said.site);
      const isNamed = loginName.safeParse(said.user).success;
      expect(heard.length > 0).toBe(isKnown);
      const [text = ""] = sites.flatMap((each) => {
        const path = join(state, each);
        return existsSync(path) ? [readFileSync(path, "utf8")] : [];
      });
      if (!isKnown || !isNamed) return expect(text).not.toContain(":$6$");
      const [, hash = ""] = /:(\$6\$.*)$/m.exec(text) ?? [];
      const [, , salt = ""] = hash.split("$");
      expect(encrypt(said.password, `$6$${salt}`)).toBe(hash);
    },
  );

  test.each([
    ["a user with blanks, who would be more than a user for HAProxy", { user: "mallory password plain" }],
    ["a user with a colon", { user: "mallory:x" }],
    ["a password of 300 characters", { password: "x".repeat(300) }],
  ])("refuse %s", async (_what, said) => {
    const host = aHost({ config: open });
    expect(dataOf("event.said", await host.when("access.asked", asked(said)))[0]?.text).toMatch(
      /NAME_INVALID/,
    );
    expect(host.users()).toEqual([]);
  });

  test("never show the password in what is said, logged, or kept", async () => {
    const state = trusting(aFolder());
    const password = "Ex4mple-Secret";
    for (const config of [open, {}]) {
      const host = aHost({ state, config });
      const said = [
        ...(await host.when("access.asked", asked({ password }))),
        ...(await host.when("access.asked", asked({ password, user: "a b" }))),
      ];
      (await host.context()).deps.replay.close();
      const everything = [JSON.stringify(said), JSON.stringify(host.logged), ...filesBelow(state)].join("\n");
      expect(everything).not.toContain(password);
    }
  });

  test("are taken from the older kit's topic, as it sends them", async () => {
    const state = trusting(aFolder());
    const file = join(state, "shop.logins");
    const sites = { "shop-preview": { type: "nginx", file, check: ["true"], reload: ["true"] } };
    const daemon = await start(access, () => ({
      state,
      topics: { overrides: { "access.asked": { dialect: "deploykit" } } },
      access: { ...open, sites },
    }));
    const news = await listen(daemon.hub, "access.applied");
    await daemon.hub.connect().publish({
      destination: "/topic/future.access.stage",
      headers: {
        subject: "Allow access to shop-preview for erin",
        "content-type": "text/plain; charset=UTF-8",
      },
      body: Buffer.from("Site: shop-preview\nUser: erin\nPassword: pw\n"),
      persistent: false,
    });
    expect((await news.next()).data).toMatchObject({ user: "erin", outcome: "granted", by: "the older kit" });
    await daemon.stop();
  });

  test("have ids that tell nothing of the password: an id goes where the message does not", () => {
    const idOf = (password: string) =>
      readText(
        {
          destination: "/topic/future.access.stage",
          headers: {},
          body: Buffer.from(`Site: shop-preview\nUser: erin\nPassword: ${password}\n`),
        },
        new Date(),
        false,
      ).id;
    expect(idOf("one")).toBe(idOf("other"));
  });

  test("a damaged record of a login is put aside, and the others hold", async () => {
    const state = trusting(aFolder());
    mkdirSync(join(state, "access", "logins"), { recursive: true });
    writeFileSync(join(state, "access", "logins", "0.json"), ": : not yaml [");
    const host = aHost({ state });
    expect(outcomes(await host.when("access.granted", await aGrant()))).toEqual([
      ["alice", "granted", undefined],
    ]);
    expect(host.logged.some(({ level }) => level === "error")).toBe(true);
  });
});

test("only the hash travels", async () => {
  const grant = message("access.granted", await aGrant({ password: "Ex4mple-Secret" }));
  const sent = encode(enclose(grant, { source: "//test/cli", now: new Date() })).toString();
  expect(sent).not.toContain("Ex4mple-Secret");
  expect(Buffer.from(grant.data.command.payload, "base64").toString()).not.toContain("Ex4mple-Secret");
});
