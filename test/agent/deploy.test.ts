import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { releaseName } from "../../lib/schema/names.ts";
import { aHost, type Host, last, linesOf, typesOf } from "./support/host.ts";
import { aScript, anAnswer } from "./support/origin.ts";

let host: Host;
afterEach(() => host.close());

const releases = () => readdirSync(host.layout.releases);
const page = () => readFileSync(join(host.layout.current, "page"), "utf8");

test("a signed deploy is accepted, prepared, and made live at its turn", async () => {
  host = await aHost();
  const revision = host.origin.commit({ page: "hello" });
  const { command, prepared, gone, finished } = await host.deploy(revision);
  expect(typesOf(prepared).filter((type) => type !== "deploy.progress")).toEqual([
    "deploy.accepted",
    "deploy.prepared",
  ]);
  const live = { revision, by: "alice@example.com", rollout: command.id };
  expect(finished).toMatchObject({ outcome: "live", revision, live });
  expect(page()).toBe("hello");
  expect(host.current()).toBe(`releases/${last(prepared, "deploy.prepared")?.release}`);
  expect(last(gone, "host.alive")?.apps[0]).toMatchObject({ live, former: null });
});

test("phases are said in the order of the flow", async () => {
  host = await aHost();
  const { prepared, gone } = await host.deploy(host.origin.commit({ page: "hello" }));
  const said = [...prepared, ...gone].flatMap((each) =>
    each.type === "deploy.progress" ? [each.data.phase] : [],
  );
  const go = ["lock", "pre-deploy", "pre-link", "publish", "post-deploy", "prune", "unlock"];
  expect(said).toEqual(["lock", "fetch", "build", "unlock", ...go]);
});

test("scripts run in their order, with the tag, in an environment of their own", async () => {
  host = await aHost({ labels: { role: "web" } });
  const note = aScript('echo "$SKEIN_PHASE $1 $2 $(pwd)" >> "$SKEIN_SHARED/order"; env | cut -d = -f 1');
  const revision = host.origin.commit({
    "deploy/pre-deploy": note,
    "deploy/pre-link.sh": note,
    "deploy/post-deploy": note,
  });
  const { gone, finished } = await host.deploy(revision);
  const path = join(host.layout.releases, finished?.live?.release ?? "");
  expect(readFileSync(join(host.layout.shared, "order"), "utf8")).toBe(
    ["pre-deploy", "pre-link", "post-deploy"].map((phase) => `${phase} -t main ${path}\n`).join(""),
  );
  const names = [
    "APP",
    "BY",
    "CURRENT",
    "ENVIRONMENT",
    "FORMER",
    "HOST",
    "JOB",
    "LABEL_ROLE",
    "PHASE",
    "REF",
  ];
  const more = ["RELEASE", "REVISION", "ROLLOUT", "ROOT", "SHARED", "TAG", "TREE"];
  const git = ["GIT_CONFIG_COUNT", "GIT_CONFIG_KEY_0", "GIT_CONFIG_VALUE_0"];
  const skein = [...names, ...more].map((name) => `SKEIN_${name}`);
  expect([...linesOf(gone, "post-deploy")].sort()).toEqual(
    [...git, "HOME", "LANG", "PATH", "PWD", ...skein].sort(),
  );
});

test("what was live is the former release, and a rollback goes back to it, and then further", async () => {
  host = await aHost();
  const revisions = ["one", "two", "three"].map((text) => host.origin.commit({ page: text }));
  for (const revision of revisions) await host.deploy(revision);
  const [one, two] = revisions;
  expect(releases()).toHaveLength(3);

  const back = await host.deploy(two ?? revisions[0]!, { kind: "rollback" });
  expect(back.finished).toMatchObject({ outcome: "live", revision: two });
  expect(last(back.gone, "host.alive")?.apps[0]?.former?.revision).toBe(one);
  expect(page()).toBe("two");
  expect(releases()).toHaveLength(3);
});

test("a deploy of what is live changes nothing, and says so; forced, it builds anew", async () => {
  host = await aHost();
  const revision = host.origin.commit({ page: "hello", "deploy/post-deploy": aScript("echo x >> ../ran") });
  const first = await host.deploy(revision);
  const again = await host.deploy(revision);
  expect(again.finished).toMatchObject({ outcome: "live", live: first.finished?.live });
  expect(readFileSync(join(host.layout.releases, "ran"), "utf8")).toBe("x\n");

  const forced = await host.deploy(revision, { force: true });
  expect(forced.finished?.live?.release).not.toBe(first.finished?.live?.release);
  expect(readFileSync(join(host.layout.releases, "ran"), "utf8")).toBe("x\nx\n");
});

test("a release that is there already is not built again", async () => {
  host = await aHost();
  const one = host.origin.commit({ page: "one" });
  const two = host.origin.commit({ page: "two" });
  const first = await host.deploy(one);
  await host.deploy(two);
  const again = await host.deploy(one);
  expect(again.finished?.live?.release).toBe(first.finished?.live?.release);
  expect(page()).toBe("one");
});

test("only as many former releases stay as are wanted, whatever else lies there", async () => {
  host = await aHost({ app: { keep: 2 } });
  for (const text of ["1", "2", "3", "4", "5"]) await host.deploy(host.origin.commit({ page: text }));
  mkdirSync(join(host.layout.releases, "20200101T000000-abcdef0"));
  mkdirSync(join(host.layout.releases, ".tmp-20200101T000000-abcdef0"));
  mkdirSync(join(host.layout.releases, "by-hand"));
  await host.deploy(host.origin.commit({ page: "6" }));
  const kept = releases().filter((name) => releaseName.safeParse(name).success);
  expect(kept.map((name) => readFileSync(join(host.layout.releases, name, "page"), "utf8")).sort()).toEqual([
    "4",
    "5",
    "6",
  ]);
  expect(releases().filter((name) => !kept.includes(name))).toEqual(["by-hand"]);
});

test("what is shared outlives releases, in the place of what the revision has there", async () => {
  host = await aHost({ app: { shared: ["uploads", "config/local.env", "var/log"] } });
  const one = host.origin.commit({ page: "one", "uploads/.keep": "", "config/other": "x" });
  await host.deploy(one);
  writeFileSync(join(host.layout.current, "uploads", "cat.jpg"), "cat");
  writeFileSync(join(host.layout.current, "config", "local.env"), "A=1");
  writeFileSync(join(host.layout.current, "var", "log", "app.log"), "line");
  await host.deploy(host.origin.commit({ page: "two" }));
  expect(readFileSync(join(host.layout.current, "uploads", "cat.jpg"), "utf8")).toBe("cat");
  expect(readFileSync(join(host.layout.current, "config", "local.env"), "utf8")).toBe("A=1");
  expect(readFileSync(join(host.layout.shared, "var", "log", "app.log"), "utf8")).toBe("line");
  expect(readlinkSync(join(host.layout.current, "uploads"))).toBe("../../shared/uploads");
});

test("the check waits until the app answers with its revision", async () => {
  const answer = await anAnswer();
  host = await aHost({
    app: {
      check: { url: `${answer.url}{host}`, contains: "{revision}", deadline: "5s", interval: "20ms" },
    },
  });
  const revision = host.origin.commit({ page: "hello" });
  answer.says = (asked) => (asked < 3 ? { status: 503, body: "soon" } : { status: 200, body: revision });
  const { finished } = await host.deploy(revision);
  expect(finished?.outcome).toBe("live");
  expect(answer.asked).toEqual(["/web1", "/web1", "/web1"]);
  await answer.close();
});

test("scripts run as the app's user, who owns the release", async (context) => {
  if (process.getuid?.() !== 0) return context.skip("acting as another user needs root");
  host = await aHost({ app: { user: "nobody", shared: ["uploads"] } });
  chmodSync(host.folder, 0o755);
  const who = aScript('id -un; id -gn; echo "$HOME"; touch built; touch uploads/file; [ ! -w .. ]');
  const { gone, finished } = await host.deploy(host.origin.commit({ page: "x", "deploy/post-deploy": who }));
  expect(finished?.outcome).toBe("live");
  expect(linesOf(gone, "post-deploy")).toEqual(["nobody", "nogroup", "/nonexistent"]);
});

test("a mirror that has the revision needs no server", async () => {
  host = await aHost();
  const one = host.origin.commit({ page: "one" });
  const two = host.origin.commit({ page: "two" });
  await host.deploy(one);
  host.here.deps.mirrors.fetch = () => Promise.reject(new Error("the server was asked"));
  expect((await host.deploy(two)).finished?.outcome).toBe("live");
  expect(existsSync(join(host.layout.current, "page"))).toBe(true);
});

test("whoever wrote into a file that releases share is told of it by the next deploy", async () => {
  host = await aHost({ app: { share: ["hardlink"] } });
  for (const text of ["one", "two"])
    await host.deploy(host.origin.commit({ page: text, settings: "as committed" }));
  const settings = join(host.layout.current, "settings");
  chmodSync(settings, 0o644);
  writeFileSync(settings, "as the app has it");
  const { prepared, finished } = await host.deploy(
    host.origin.commit({ page: "two", settings: "as committed" }),
  );
  expect(finished?.outcome).toBe("live");
  expect(linesOf(prepared, "build").join()).toMatch(/^\[SHARED_FILE_WRITTEN\] .*: settings\. /);
  expect(readFileSync(settings, "utf8")).toBe("as committed");
});
