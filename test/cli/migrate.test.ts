import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { stringify } from "yaml";
import { hostsOf } from "../../cli/migrate/apps.ts";
import { globsOf } from "../../cli/migrate/globs.ts";
import { migrate, type Migrated } from "../../cli/migrate/migrate.ts";
import { leavesOf, readOlder } from "../../cli/migrate/tree.ts";
import { settingsSchema } from "../../cli/settings.ts";
import { matches } from "../../lib/schema/filter.ts";
import { parseYaml } from "../../lib/schema/yaml.ts";

const FOLDER = fileURLToPath(new URL("../fixtures/legacy-config", import.meta.url));
const SAMPLES = ["first", "second"].flatMap((generation) =>
  readdirSync(`${FOLDER}/${generation}`).map((name) => ({
    name: `${generation}/${name}`,
    text: readFileSync(`${FOLDER}/${generation}/${name}`, "utf8"),
  })),
);
const SAFE = { olderAccess: false };
const of = (text: string, name = "older.yaml", wishes = SAFE): Migrated => migrate([{ name, text }], wishes);
const at = (config: unknown, ...path: readonly (string | number)[]): unknown =>
  path.reduce<unknown>((value, key) => (value as Record<string, unknown> | undefined)?.[key], config);
const whyOf = ({ fates }: Migrated, key: string) => fates.find((each) => each.key === key)?.why;

/** Whether the configuration can be read again, and each line of the files is told of once. */
function insistWhole(files: readonly { name: string; text: string }[], migrated: Migrated): void {
  parseYaml(stringify(migrated.config), settingsSchema, "skein.yaml");
  const leaves = files.flatMap(({ name, text }) => {
    const root = readOlder(name, text);
    return "says" in root ? [] : leavesOf(root);
  });
  expect(migrated.fates).toHaveLength(leaves.length);
  for (const { to, why } of migrated.fates)
    expect((to === undefined) !== (why === undefined || why === "")).toBe(true);
}

test.each(SAMPLES)("$name is recognised, and makes a configuration that can be read", (sample) => {
  const migrated = migrate([sample], SAFE);
  expect([...migrated.kinds.keys()]).toEqual([sample.name]);
  expect(migrated.unreadable).toEqual([]);
  insistWhole([sample], migrated);
});

describe("all samples together", () => {
  const all = migrate(SAMPLES, SAFE);

  test("make one configuration, of which no line is lost", () => {
    insistWhole(SAMPLES, all);
    expect(all.kinds.size).toBe(SAMPLES.length);
  });

  test("name one broker in the forms of both generations, with the options that were ever read", () => {
    expect(all.config["bus"]).toBe(
      "failover://(stomp://deploy:kit-s3cret@broker01:61613,stomp://deploy:kit-s3cret@broker02:61613)?initialReconnectDelay=0.01&randomize=false&useExponentialBackOff=true",
    );
    expect(all.fates.filter(({ why }) => why?.includes("of bus"))).toEqual([]);
    expect(all.fates.find(({ key }) => key === "stomp-options")?.to).toContain("without MaxReconnectDelay");
  });

  test("ask Jenkins for the same builds", () => {
    expect(at(all.config, "ci-trigger")).toMatchObject({
      servers: { jenkins: { type: "jenkins", url: "http://jenkins.example.com:8080", insecure: true } },
      jobs: {
        shop: { repository: "shop", job: "shop unit tests", token: { file: "secrets/jenkins-shop" } },
        "legacy-time-sink": { repository: "legacy", project: "time-sink", job: "time-sink" },
      },
    });
    expect(at(all.config, "repositories", "legacy", "type")).toBe("svn");
    expect(all.secrets.get("jenkins-shop")).toBe("ticket-of-shop");
    expect(whyOf(all, "jenkins-projects.strange.ignore_refs")).toContain("patterns cannot say this");
  });

  test("keep the same checkouts, after a build where the older kit waited for one", () => {
    expect(at(all.config, "repo-updater", "checkouts")).toMatchObject({
      shop: { mode: "trusting", branch: "master", target: "/srv/www/shop", user: "www-data" },
      intranet: { mode: "dangerous", target: "/srv/www/intranet" },
      "puppet-environments": { mode: "puppetmaster", target: "/etc/puppet/environments", user: "puppet" },
      blog: { mode: "branch", branch: "live", on: "build" },
      wiki: { mode: "atomic", target: "/srv/www/wiki_main", on: "build" },
      modules: { mode: "tags", on: "build" },
    });
  });

  test("fetch repositories from where any file says, and say which of them no file tells of", () => {
    expect(at(all.config, "repositories", "shop", "url")).toBe("git@git.example.com:shop.git");
    expect(all.toComplete.join("\n")).toContain("git -C /srv/git/wiki remote get-url origin");
    expect(all.toComplete.join("\n")).not.toContain("repositories.shop.url");
  });

  test("make apps of facts and sites, changed in place as gitagent did", () => {
    const inPlace = { driver: "checkout", user: "www-data" };
    expect(at(all.config, "apps")).toMatchObject({
      "shop-live": { ...inPlace, repository: "shop", hosts: "role=shop", tree: "/srv/www/shop-site" },
      "shop-stage": { ...inPlace, hosts: "stage01.example.com", root: "/srv/skein/shop-stage" },
      docs: { ...inPlace, tree: "/srv/www/docs", root: "/srv/skein/docs" },
    });
    expect(all.fates.find(({ key }) => key === "sitedir_docs")?.to).toBe("apps.docs.tree");
    expect(all.toComplete.join("\n")).toContain("apps.docs: its files are changed in place");
    expect(whyOf(all, "classed.filter")).toContain("no filter");
    expect(whyOf(all, "controldir_shop")).toContain("deploy/pre-deploy");
  });

  test("make an app of a site of several repositories, with its user data", () => {
    expect(at(all.config, "apps", "bloat-site")).toEqual({
      driver: "site",
      root: "/srv/bloat/deploy",
      parts: {
        base: { repository: "base", at: ".", base: "refs/tags/v1" },
        theme: { repository: "theme", at: "themes/own", base: "refs/tags/v2" },
      },
      "user-data": [{ source: "/srv/bloat/user/uploads", at: "files" }],
    });
    const toldOf = (key: string) => all.fates.find((each) => each.key === key)?.to;
    expect(toldOf("repo-list[1].base_tag")).toBe("apps.bloat-site.parts.theme");
    expect(toldOf("directorymap[0].source")).toBe("apps.bloat-site.user-data");
    expect(whyOf(all, "site-root")).toContain("ROOT/current");
    const complete = all.toComplete.join("\n");
    expect(complete).toContain("git -C /srv/bloat/repos/theme remote get-url origin");
    expect(complete).toContain("in the place of /srv/bloat/site");
  });

  test("hold no secret but the login of the broker, and tell of none", () => {
    const told = JSON.stringify([all.fates, all.toComplete, all.next]);
    for (const secret of all.secrets.values()) expect(told).not.toContain(secret);
    const { bus: _bus, ...others } = all.config;
    for (const secret of all.secrets.values()) expect(JSON.stringify(others)).not.toContain(secret);
  });
});

test("of a site whose parts Skein could not place, no app is made, and each line says why", () => {
  const files = [
    {
      name: "/etc/facts.d/portal.yaml",
      text: "site-root: /srv/site\nrepo-list:\n  - {name: one, target: a, base_tag: v1}\n  - {name: ../two, target: b, base_tag: v1}\n  - {name: three, target: /a/, base_tag: v1}\n",
    },
  ];
  const migrated = migrate(files, SAFE);
  insistWhole(files, migrated);
  expect(at(migrated.config, "apps", "portal")).toBeUndefined();
  expect(whyOf(migrated, "repo-list[0].target")).toContain("two parts at one place");
  expect(whyOf(migrated, "repo-list[1].target")).toContain("its name cannot be");
});

test("the older front end may ask for logins only where a person says so", () => {
  const files = SAMPLES.filter(({ name }) => name.endsWith("stomp-access.yaml"));
  const safe = migrate(files, SAFE);
  expect(at(safe.config, "access", "older-kit")).toBeUndefined();
  expect(at(safe.config, "topics", "overrides", "access.asked")).toBeUndefined();
  expect(whyOf(safe, "listen-topic")).toContain("in clear");
  const asked = migrate(files, { olderAccess: true });
  expect(asked.config).toMatchObject({
    access: { "older-kit": true, "older-kit-sites": ["example-preview", "example-site"] },
    topics: { overrides: { "access.asked": { dialect: "deploykit" } } },
  });
  insistWhole(files, asked);
});

test("topics with names of one's own are kept", () => {
  const { config } = of(
    "trigger-topic: /topic/shop.git.commits\nreport-topic: /topic/shop.events.gitolite\n",
  );
  expect(at(config, "topics", "overrides")).toEqual({
    "commit.pushed": { dialect: "deploykit", destination: "/topic/shop.git.commits" },
    "event.said": { dialect: "deploykit", destination: "/topic/shop.events.{source}" },
  });
});

test("the options of a file count only with its own form of the address", () => {
  const files = ["randomize=false", "randomize=true&initialReconnectDelay=5"].map((options, index) => ({
    name: `${index}.yaml`,
    text: `rserver: failover://(stomp://one:61613)\nstomp-options: ${options}\n`,
  }));
  const migrated = migrate(files, SAFE);
  expect(migrated.config["bus"]).toBe("failover://(stomp://one:61613)?randomize=false");
  expect(migrated.fates.at(-1)?.why).toContain("its options count");
});

test("two files that disagree: the first one counts, and the other is told of with its line", () => {
  const files = ["one", "other"].map((host) => ({
    name: `${host}.yaml`,
    text: `---\nrserver: stomp://${host}:61613\n`,
  }));
  const migrated = migrate(files, SAFE);
  expect(migrated.config["bus"]).toBe("stomp://one:61613");
  expect(migrated.fates.at(-1)).toEqual({
    file: "other.yaml",
    line: 2,
    key: "rserver",
    why: "one.yaml:2 says something else of bus: the first one counts",
  });
});

test.each([
  ["an alias", "rserver: &a stomp://x:1\nstomp-options: *a\n"],
  ["an object of Ruby", "rserver: !ruby/object:Gem::Requirement\n  a: 1\n"],
  ["a tab", "repo-list:\n\tshop: {}\n"],
  ["a key twice", "rserver: a\nrserver: b\n"],
  ["too much", `rserver: ${"x".repeat(300_000)}`],
])("%s is refused with its line", (_what, text) => {
  const { unreadable, config } = of(text);
  expect(unreadable).toHaveLength(1);
  expect(unreadable[0]?.line).toBeGreaterThan(0);
  expect(config).toEqual({});
});

test("what Skein would refuse is left over with the reason, and what leans on it", () => {
  const migrated = of(
    "rserver: nonsense\nlisten-topic: /topic/a b\nrepo-list:\n  ../etc: {repo: /x, mode: trusting, target: /y}\n  shop: {repo: '/x; rm', mode: strange, target: y}\n",
  );
  expect(migrated.config).toMatchObject({
    repositories: { shop: { url: "https://to-be-completed.invalid/shop" } },
  });
  expect(whyOf(migrated, "repo-list.shop.mode")).toContain("Skein would refuse it");
  expect(whyOf(migrated, "repo-list.../etc.repo")).toContain("its name cannot be");
  expect(whyOf(migrated, "rserver")).toContain("broker address");
  expect(migrated.toComplete.join("\n")).not.toContain("rm");
});

describe("ignore_refs", () => {
  test.each([
    ["", []],
    ["^refs/heads/wip$", ["refs/heads/wip"]],
    ["refs/tags/.*", ["refs/tags/**", "refs/*refs/tags/**"]],
    ["wip", ["refs/*wip*"]],
    [String.raw`release\.old`, ["refs/*release.old*"]],
  ])("%s can be said in patterns", (expression, globs) => {
    expect(globsOf(expression)).toEqual(globs);
  });

  test.each(["(wip|tmp)+", "w.p", "wip?", "[a-z]", "wip{2}", "^heads", "a||b", ".*"])(
    "%s cannot",
    (expression) => {
      expect(globsOf(expression)).toBeUndefined();
    },
  );

  test("whatever can be said means the same", () => {
    const piece = fc.constantFrom("refs/", "heads/", "tags/", "wip", ".*", "/", "x", "\\.", "-", "f", "s/");
    const expression = fc
      .tuple(
        fc.constantFrom("", "^"),
        fc.array(piece, { minLength: 1, maxLength: 4 }),
        fc.constantFrom("", "$"),
      )
      .map(([start, pieces, end]) => start + pieces.join("") + end);
    const ref = fc
      .tuple(
        fc.constantFrom("refs/heads/", "refs/tags/"),
        fc.array(fc.constantFrom("wip", "x", "/", ".", "-", "refs/heads/", "f"), {
          minLength: 1,
          maxLength: 4,
        }),
      )
      .map(([kind, pieces]) => kind + pieces.join(""));
    fc.assert(
      fc.property(fc.array(expression, { minLength: 1, maxLength: 2 }), ref, (parts, name) => {
        const globs = globsOf(parts.join("|"));
        fc.pre(globs !== undefined);
        expect(globs?.some((glob) => matches(glob, name))).toBe(new RegExp(parts.join("|")).test(name));
      }),
      { numRuns: 2_000 },
    );
  });
});

test.each([
  ["identity_filter", "web1.example.com", "web1.example.com"],
  ["identity_filter", "/web/", undefined],
  ["fact_filter", "role=shop", "role=shop"],
  ["fact_filter", "size>3", undefined],
  ["compound_filter", "role=shop and rack=b or role=docs", "role=shop and rack=b,role=docs"],
  ["compound_filter", "role=shop and not rack=b", undefined],
  ["class_filter", "web", undefined],
])("a %s of %s becomes %s", (filter, payload, hosts) => {
  expect(hostsOf(filter, payload)).toBe(hosts);
});

test("whatever a file holds, it ends in a configuration that can be read, and each line is told of", () => {
  const known = fc.constantFrom(
    ..."rserver stomp-options stompconnector :hosts :login connect_headers host trigger-topic listen-topic report-topic repo-list jenkins-url jenkins-projects project ticket ignore_refs sites user-topic file users type topics stompserver1 incoming-dir distro-list package-topic gitconfigure repo origin target base_tag repo_a sitedir_a filter payload mode branch user expiry password site-root deploy-root repo-list directorymap name source shop __proto__".split(
      " ",
    ),
  );
  const scalar = fc.oneof(
    fc.string(),
    fc.integer(),
    fc.boolean(),
    fc.constant(null),
    fc.constantFrom(
      "/topic/a.b",
      "/srv/x",
      "shop",
      "stomp://a:1",
      "http://u:p@h/",
      "nginx",
      "trusting",
      "topic",
    ),
  );
  const { tree } = fc.letrec((tie) => ({
    tree: fc.oneof(
      { maxDepth: 4 },
      scalar,
      fc.array(tie("tree"), { maxLength: 3 }),
      fc.dictionary(fc.oneof(known, fc.string()), tie("tree"), { maxKeys: 5 }),
    ),
  }));
  const file = fc.dictionary(known, tree, { maxKeys: 6 });
  fc.assert(
    fc.property(fc.array(file, { maxLength: 3 }), fc.boolean(), (files, olderAccess) => {
      const texts = files.map((each, index) => ({ name: `${index}.yaml`, text: stringify(each) }));
      insistWhole(texts, migrate(texts, { olderAccess }));
    }),
    { numRuns: 500 },
  );
});
