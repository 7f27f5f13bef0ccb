import { execFileSync, spawn } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { afterEach, expect, onTestFinished, test } from "vitest";
import { http } from "../../lib/effects/http.ts";
import { aFolder } from "../support/folder.ts";
import { freePort } from "../support/free-port.ts";
import { describeNeeding, pathOf, ROOT } from "../support/needing.ts";
import { startNginx } from "../support/nginx.ts";
import { until } from "../support/until.ts";
import { anAnswer, aScript } from "./support/origin.ts";
import { aHost, type Host, linesOf } from "./support/host.ts";

let host: Host;
afterEach(() => host.close());

const PATH = `${process.env["PATH"] ?? ""}:/usr/sbin:/sbin`;

/** Starts a server that the test ends. */
function serving(program: string, ...args: readonly string[]): void {
  const child = spawn(program, args, { stdio: "ignore", env: { PATH } });
  const closed = new Promise<void>((resolve) => child.once("close", () => resolve()));
  onTestFinished(async () => {
    child.kill("SIGTERM");
    await closed;
  });
}

const text = (path: string): string | undefined =>
  existsSync(path) ? readFileSync(path, "utf8") : undefined;

describeNeeding({ supervisord: "supervisor" }, "with a real supervisor,", () => {
  test("a service is restarted on the new release, and on the former one where that does not work; all is told", async () => {
    const folder = aFolder();
    const root = join(folder, "shop");
    const config = join(folder, "supervisord.conf");
    mkdirSync(root);
    writeFileSync(
      config,
      `[supervisord]
nodaemon = true
logfile = ${folder}/log
pidfile = ${folder}/pid
[unix_http_server]
file = ${folder}/socket
[supervisorctl]
serverurl = unix://${folder}/socket
[rpcinterface:supervisor]
supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface
[program:shop]
command = /bin/sh -c "cat page >>${folder}/served; exec sleep 1000"
directory = ${root}/current
autostart = false
startsecs = 0
`,
    );
    serving("supervisord", "-c", config);
    await until("supervisor listens", () => existsSync(join(folder, "socket")));
    host = await aHost({
      root,
      app: {
        run: { "post-deploy": [{ restart: "shop", by: "supervisor", config }] },
        check: {
          command: ["sh", "-c", "! grep -q two page"],
          deadline: "200ms",
          interval: "100ms",
        },
      },
    });
    const first = await host.deploy(host.origin.commit({ page: "one\n" }));
    expect(first.finished).toMatchObject({ outcome: "live" });
    await until("it serves", () => text(join(folder, "served")) === "one\n");
    const second = await host.deploy(host.origin.commit({ page: "two\n" }));
    expect(second.finished).toMatchObject({ outcome: "rolled-back", code: "CHECK_FAILED" });
    await until("it serves the former one", () => text(join(folder, "served")) === "one\ntwo\none\n");
    expect(linesOf(second.gone, "post-deploy").filter((line) => line === "shop: started")).toHaveLength(2);
    const sequences = second.gone.flatMap((each) => (each.type === "deploy.log" ? [each.data.sequence] : []));
    expect(new Set(sequences).size).toBe(sequences.length);
    const unknown = { restart: "other", by: "supervisor", config };
    await host.close();
    host = await aHost({ root: join(folder, "other"), app: { run: { "post-deploy": [unknown] } } });
    expect((await host.deploy(host.origin.commit({}))).finished).toMatchObject({ code: "SCRIPT_FAILED" });
  });
});

const SERVERS = { nginx: "nginx", "/usr/sbin/apachectl": "apache2", "php-fpm*": "php-fpm", pkill: "procps" };

describeNeeding(SERVERS, "with real servers,", () => {
  test("nginx gets its new configuration, but none that is wrong", async () => {
    const [folder, port] = [aFolder(), await freePort()];
    const root = join(folder, "shop");
    mkdirSync(join(root, "releases"), { recursive: true });
    const config = join(folder, "nginx", "nginx.conf");
    startNginx(folder, `server { listen 127.0.0.1:${port}; include ${root}/current/*.conf; }`);
    const page = async () =>
      (await http(`http://127.0.0.1:${port}/`, { deadline: 5_000 })).body.toString("utf8");
    await expect.poll(page, { timeout: 5_000 }).toContain("nginx");
    host = await aHost({ root, app: { run: { "post-deploy": [{ reload: "nginx", config }] } } });
    const site = (words: string) => host.origin.commit({ "site.conf": words });
    expect((await host.deploy(site('return 200 "geese";'))).finished).toMatchObject({ outcome: "live" });
    await expect.poll(page, { timeout: 5_000 }).toBe("geese");
    expect((await host.deploy(site("no such thing;"))).finished).toMatchObject({
      outcome: "rolled-back",
      code: "SCRIPT_FAILED",
      reason: expect.stringContaining('unknown directive "no"') as string,
    });
    expect(await page()).toBe("geese");
  });

  test("PHP-FPM and Apache are reloaded after a test of their configuration", async () => {
    const [folder, port, another] = [aFolder(), await freePort(), await freePort()];
    const [fpm, apache, pid] = ["fpm.conf", "apache.conf", "fpm.pid"].map((name) => join(folder, name)) as [
      string,
      string,
      string,
    ];
    const program = pathOf("php-fpm*") ?? "";
    const user = process.getuid?.() === 0 ? "user = nobody\ngroup = nogroup" : "";
    writeFileSync(
      fpm,
      `[global]
pid = ${pid}
error_log = ${folder}/fpm.log
[www]
${user}
listen = 127.0.0.1:${port}
pm = ondemand
pm.max_children = 1
`,
    );
    writeFileSync(
      apache,
      `ServerRoot ${folder}
ServerName localhost
PidFile ${folder}/apache.pid
DefaultRuntimeDir ${folder}
ErrorLog ${folder}/apache.log
Listen 127.0.0.1:${another}
LoadModule mpm_event_module /usr/lib/apache2/modules/mod_mpm_event.so
LoadModule authz_core_module /usr/lib/apache2/modules/mod_authz_core.so
User nobody
Group nogroup
`,
    );
    serving(program, "--nodaemonize", "--fpm-config", fpm);
    serving("apache2", "-f", apache, "-D", "FOREGROUND");
    await until("both run", () => existsSync(pid) && existsSync(join(folder, "apache.pid")));
    const reloads = [
      { reload: "php-fpm", program: program.split("/").at(-1), pid, config: fpm },
      { reload: "apache", config: apache },
    ];
    host = await aHost({ app: { run: { "post-deploy": reloads } } });
    const { finished } = await host.deploy(host.origin.commit({}));
    expect(finished).toMatchObject({ outcome: "live" });
    await until("PHP-FPM was reloaded", () =>
      text(join(folder, "fpm.log"))?.includes("Reloading in progress"),
    );
    await until("Apache was reloaded", () =>
      text(join(folder, "apache.log"))?.includes("Doing graceful restart"),
    );
  });
});

describeNeeding({ npm: "npm", tar: "tar" }, "with a real npm,", () => {
  test("dependencies are installed once for a lock file, from then on linked, and gone when no release has them", async () => {
    const folder = aFolder();
    const packed = join(folder, "goose-1.0.0.tgz");
    mkdirSync(join(folder, "package"));
    writeFileSync(join(folder, "package/package.json"), '{"name":"goose","version":"1.0.0"}');
    writeFileSync(join(folder, "package/index.js"), 'module.exports = "honk";');
    execFileSync("tar", ["-czf", packed, "-C", folder, "package"]);
    const dependencies = { goose: `file:${packed}` };
    const manifest = JSON.stringify({ name: "shop", version: "1.0.0", dependencies });
    const lockOf = (version: string) =>
      JSON.stringify({
        name: "shop",
        version,
        lockfileVersion: 3,
        packages: {
          "": { name: "shop", version, dependencies },
          "node_modules/goose": { version: "1.0.0", resolved: `file:${packed}` },
        },
      });
    host = await aHost({ app: { keep: 1, run: { "pre-link": [{ install: "npm" }] } } });
    const { origin, layout } = host;
    const asking = aScript("node -p 'require(\"goose\")'");
    const shop = {
      "package.json": manifest,
      "package-lock.json": lockOf("1.0.0"),
      "deploy/pre-link": asking,
    };
    const first = await host.deploy(origin.commit(shop));
    expect(first.finished).toMatchObject({ outcome: "live" });
    expect(linesOf(first.gone, "pre-link").at(-1)).toBe("honk");
    const linked = () => readlinkSync(join(layout.root, host.current(), "node_modules"));
    const before = linked();

    rmSync(packed);
    const second = await host.deploy(origin.commit({ page: "two" }));
    expect(second.finished).toMatchObject({ outcome: "live" });
    expect(linesOf(second.gone, "pre-link")).toEqual(["honk"]);
    expect(linked()).toBe(before);

    const broken = await host.deploy(origin.commit({ "package-lock.json": lockOf("1.0.1") }));
    expect(broken.finished).toMatchObject({ outcome: "failed", phase: "pre-link", code: "SCRIPT_FAILED" });
    execFileSync("tar", ["-czf", packed, "-C", folder, "package"]);
    // What failed half-done is no hindrance: the next one begins anew, in the same folder.
    expect((await host.deploy(origin.commit({ page: "three" }))).finished).toMatchObject({ outcome: "live" });
    expect(linked()).not.toBe(before);
    expect((await host.deploy(origin.commit({ page: "four" }))).finished).toMatchObject({ outcome: "live" });
    expect((await host.deploy(origin.commit({ page: "five" }))).finished).toMatchObject({ outcome: "live" });
    expect(readdirSync(join(layout.root, "dependencies")).filter((name) => name !== ".cache")).toHaveLength(
      1,
    );

    const without = await host.deploy(origin.commit({ "package-lock.json": undefined }));
    expect(without.finished).toMatchObject({ code: "INSTALL_LOCK_MISSING", phase: "pre-link" });
  });
});

describeNeeding({ npm: "npm", [ROOT]: "root" }, "as root, with a real npm,", () => {
  test("dependencies are installed by the app's user, whose home may be nobody's", async () => {
    const folder = aFolder();
    chmodSync(folder, 0o755);
    host = await aHost({
      root: join(folder, "shop"),
      app: { user: "nobody", run: { "pre-link": [{ install: "npm" }] } },
    });
    const lock = { name: "shop", lockfileVersion: 3, packages: { "": { name: "shop" } } };
    const scripts = { postinstall: "id -un; mkdir node_modules" };
    const { gone, finished } = await host.deploy(
      host.origin.commit({
        "package.json": JSON.stringify({ name: "shop", scripts }),
        "package-lock.json": JSON.stringify(lock),
      }),
    );
    expect([finished?.outcome, finished?.reason]).toEqual(["live", undefined]);
    expect(linesOf(gone, "pre-link")).toContain("nobody");
  });
});

const RUBY = { bundle: "bundler", gem: "ruby" };

describeNeeding(RUBY, "with a real Bundler,", () => {
  test("gems are installed and linked where Bundler looks for them in a release", async () => {
    const repository = join(aFolder(), "gems-of-test");
    mkdirSync(join(repository, "gems"), { recursive: true });
    mkdirSync(join(repository, "lib"));
    writeFileSync(join(repository, "lib/goose.rb"), 'CALL = "honk"\n');
    writeFileSync(
      join(repository, "goose.gemspec"),
      'Gem::Specification.new { |s| s.name = "goose"; s.version = "1.0.0"; s.summary = "x"; s.authors = ["a"]; s.files = ["lib/goose.rb"] }\n',
    );
    const gem = (...args: readonly string[]) =>
      execFileSync("gem", args, { cwd: repository, stdio: "ignore", env: { PATH } });
    gem("build", "goose.gemspec", "-o", "gems/goose-1.0.0.gem");
    gem("generate_index", "-d", repository);
    host = await aHost({ app: { run: { "pre-link": [{ install: "bundler" }] } } });
    const { gone, finished } = await host.deploy(
      host.origin.commit({
        Gemfile: `source "file://${repository}"\ngem "goose"\n`,
        "Gemfile.lock": `GEM\n  remote: file://${repository}/\n  specs:\n    goose (1.0.0)\n\nPLATFORMS\n  ruby\n\nDEPENDENCIES\n  goose\n`,
        "deploy/pre-link": aScript(
          "BUNDLE_PATH=vendor/bundle bundle exec ruby -e 'require \"goose\"; puts CALL'",
        ),
      }),
    );
    expect([finished?.outcome, finished?.reason]).toEqual(["live", undefined]);
    expect(linesOf(gone, "pre-link").at(-1)).toBe("honk");
  });
});

/** Packs a package of Python that needs no building. */
const PACKING = `
import sys, zipfile
with zipfile.ZipFile(sys.argv[1], "w") as wheel:
    wheel.writestr("goose.py", 'CALL = "honk"')
    about = "goose-1.0.dist-info/"
    wheel.writestr(about + "METADATA", "Metadata-Version: 2.1\\nName: goose\\nVersion: 1.0\\n")
    wheel.writestr(about + "WHEEL", "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
    wheel.writestr(about + "RECORD", "")
`;

describeNeeding({ "/usr/share/python-wheels": "python3-venv" }, "with a real pip,", () => {
  test("packages are installed into an environment of their own, which the release is linked to", async () => {
    const wheel = join(aFolder(), "goose-1.0-py3-none-any.whl");
    execFileSync("/usr/bin/python3", ["-c", PACKING, wheel], { stdio: "inherit" });
    host = await aHost({ app: { run: { "pre-link": [{ install: "pip" }] } } });
    const { gone, finished } = await host.deploy(
      host.origin.commit({
        "requirements.txt": `goose @ file://${wheel}\n`,
        "deploy/pre-link": aScript("exec .venv/bin/python -c 'import goose; print(goose.CALL)'"),
      }),
    );
    expect([finished?.outcome, finished?.reason]).toEqual(["live", undefined]);
    expect(linesOf(gone, "pre-link").at(-1)).toBe("honk");
  });
});

test("a migration runs on the host that goes first, on no other, and not on the way back", async () => {
  const migrate = ["sh", "-c", 'echo "migrated $SKEIN_TAG" >>"$SKEIN_ROOT/migrations"; cat page'];
  host = await aHost({ app: { run: { "pre-link": [{ migrate }] } } });
  const migrations = () => text(join(host.layout.root, "migrations"));
  const [one, two] = [host.origin.commit({ page: "one" }), host.origin.commit({ page: "two" })];
  const following = await host.deploy(one, { hosts: ["web0", "web1"] });
  expect([following.finished?.outcome, migrations()]).toEqual(["live", undefined]);
  const leading = await host.deploy(two, { hosts: ["web1", "web0"] });
  expect([leading.finished?.outcome, migrations()]).toEqual(["live", "migrated main\n"]);
  expect(linesOf(leading.gone, "pre-link")).toEqual(["two"]);
  const back = await host.deploy(one, { kind: "rollback", force: true });
  expect([back.finished?.outcome, migrations()]).toEqual(["live", "migrated main\n"]);
  const strategy = { canary: 0, batches: 2, maxFailures: 0, pauseSeconds: 0, onFailure: "stop" };
  const together = await host.deploy(host.origin.commit({ page: "3" }), {
    hosts: ["web1", "web0"],
    strategy,
  });
  expect(together.finished).toMatchObject({ phase: "pre-link", code: "MIGRATION_UNORDERED" });
});

test("an app is warmed up as often as is wanted; one that stays cold goes back", async () => {
  const answering = await anAnswer();
  onTestFinished(() => answering.close());
  const warm = (deadline: string) => ({
    run: { "post-deploy": [{ "warm-up": `${answering.url}{host}`, times: 3, deadline }] },
  });
  answering.says = (asked) => ({ status: asked === 1 ? 503 : 200, body: "" });
  host = await aHost({ app: warm("10s") });
  expect((await host.deploy(host.origin.commit({}))).finished).toMatchObject({ outcome: "live" });
  expect(answering.asked).toEqual(Array.from({ length: 4 }, () => "/web1"));
  await host.close();
  answering.says = () => ({ status: 500, body: "" });
  host = await aHost({ app: warm("300ms") });
  expect((await host.deploy(host.origin.commit({}))).finished).toMatchObject({
    code: "WARM_UP_FAILED",
    reason: `${answering.url}web1 answered 0 of 3 times within 0.3 s: the status is 500`,
  });
});
