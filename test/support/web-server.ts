import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { chmodSync, chownSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { aFolder } from "./folder.ts";
import { freePort } from "./free-port.ts";
import { onTestFinished } from "vitest";
import { until } from "./until.ts";

/** A web server of Debian's, on a port of its own, that lets people in by a file. */
export interface WebServer {
  /** How the access daemon is told of it. */
  readonly site: Readonly<Record<string, unknown>>;
  readonly file: string;
  /** Writes its configuration anew; nothing of it is read before somebody says so. */
  readonly configure: (generation: number, flaw?: "broken") => void;
  /** The status of an answer, and of which configuration it is. */
  readonly ask: (user?: string, password?: string) => Promise<{ status: number; generation: number }>;
}

/** How one kind of server is configured and told. */
interface Kind {
  readonly program: string;
  readonly type: string;
  readonly configuration: (place: Place) => string;
  readonly start: (folder: string) => readonly string[];
  readonly check: (folder: string) => readonly string[];
  readonly reload: (folder: string, pid: number) => readonly string[];
}

interface Place {
  readonly folder: string;
  readonly port: number;
  readonly generation: number;
}

const isRoot = process.getuid?.() === 0;
const main = (folder: string) => join(folder, "main.conf");

const nginx = (folder: string, ...more: readonly string[]) => [
  "nginx",
  ...["-p", folder, "-c", main(folder), "-e", join(folder, "error.log")],
  ...more,
];
const apache = (folder: string, ...more: readonly string[]) => ["apache2", "-f", main(folder), ...more];
const haproxy = (folder: string, ...more: readonly string[]) => [
  "haproxy",
  ...["-f", main(folder), "-f", join(folder, "logins", "site")],
  ...more,
];
const MODULES = "mpm_event authn_core authn_file authz_core authz_user auth_basic headers dir";

/**
 * HAProxy's first process turns into another program once the others answer, and loses signals meanwhile: this waits until it
 * says that it has, and catches SIGUSR2 (the 12th).
 */
const RELOAD_HAPROXY = String.raw`
until grep -qz HAPROXY_MWORKER_WAIT_ONLY "/proc/$1/environ" &&
  [ $((0x$(sed -n 's/^SigCgt:[[:space:]]*//p' "/proc/$1/status" | tail -c 5) & 0x800)) -ne 0 ]; do
  sleep 0.02
done
kill -USR2 "$1"
`;

export const KINDS = {
  nginx: {
    program: "nginx",
    type: "nginx",
    configuration: ({ folder, port, generation }) => `
daemon off; pid ${folder}/pid; error_log ${folder}/error.log; ${isRoot ? "user root;" : ""}
events {}
http {
  access_log off;
  ${["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((each) => `${each}_temp_path ${folder}/tmp;`).join(" ")}
  server {
    listen 127.0.0.1:${port};
    root ${folder}/www;
    auth_basic site; auth_basic_user_file ${folder}/logins/site;
    add_header X-Generation ${generation} always;
  }
}`,
    start: (folder) => nginx(folder),
    check: (folder) => nginx(folder, "-t"),
    reload: (folder) => nginx(folder, "-s", "reload"),
  },
  apache: {
    program: "apache2",
    type: "apache",
    configuration: ({ folder, port, generation }) => `
ServerRoot ${folder}
PidFile ${folder}/pid
ErrorLog ${folder}/error.log
Listen 127.0.0.1:${port}
ServerName localhost
${MODULES.split(" ")
  .map((each) => `LoadModule ${each}_module /usr/lib/apache2/modules/mod_${each}.so`)
  .join("\n")}
${isRoot ? "User www-data\nGroup www-data" : ""}
StartServers 1
ThreadsPerChild 5
MaxRequestWorkers 5
MinSpareThreads 1
MaxSpareThreads 5
DocumentRoot ${folder}/www
Header always set X-Generation ${generation}
<Directory ${folder}/www>
  AuthType Basic
  AuthName site
  AuthUserFile ${folder}/logins/site
  Require valid-user
</Directory>`,
    start: (folder) => apache(folder, "-DFOREGROUND"),
    check: (folder) => apache(folder, "-t"),
    reload: (folder) => apache(folder, "-k", "graceful"),
  },
  haproxy: {
    program: "haproxy",
    type: "haproxy",
    configuration: ({ port, generation }) => `
defaults
  mode http
  timeout connect 5s
  timeout client 5s
  timeout server 5s
frontend front
  bind 127.0.0.1:${port}
  http-after-response set-header X-Generation ${generation}
  http-request auth realm site unless { http_auth(site) }
  http-request return status 200 content-type text/plain string in
`,
    start: (folder) => haproxy(folder, "-W", "-db"),
    check: (folder) => haproxy(folder, "-c"),
    reload: (_folder, pid) => ["/bin/sh", "-c", RELOAD_HAPROXY, "sh", String(pid)],
  },
} as const satisfies Record<string, Kind>;

/** Starts a server that lets nobody in yet, for one test. */
export async function startWebServer(name: keyof typeof KINDS): Promise<WebServer> {
  const kind: Kind = KINDS[name];
  const folder = aFolder();
  const port = await freePort();
  const file = join(folder, "logins", "site");
  for (const each of ["logins", "www", "tmp"]) mkdirSync(join(folder, each));
  writeFileSync(join(folder, "www", "index.html"), "in");
  // Apache's workers are not root: they read the page as anybody, and the logins as their group.
  chmodSync(folder, 0o755);
  chmodSync(join(folder, "logins"), 0o750);
  if (isRoot && name === "apache")
    chownSync(
      join(folder, "logins"),
      0,
      Number(execFileSync("id", ["-g", "www-data"], { encoding: "utf8" })),
    );
  if (name === "haproxy") writeFileSync(file, "# Kept by Skein\nuserlist site\n");
  const configure = (generation: number, flaw?: "broken") =>
    writeFileSync(
      main(folder),
      `${kind.configuration({ folder, port, generation })}\n${flaw === undefined ? "" : "nonsense that no server reads\n"}`,
    );
  configure(1);
  const child = run(kind.start(folder));
  const ask = async (user?: string, password?: string) => {
    const credentials = Buffer.from(`${user}:${password}`).toString("base64");
    const headers: Record<string, string> =
      user === undefined ? {} : { authorization: `Basic ${credentials}` };
    const { status, headers: answered } = await fetch(`http://127.0.0.1:${port}/`, {
      headers: { ...headers, connection: "close" },
    });
    return { status, generation: Number(answered.get("x-generation")) };
  };
  await until(`${name} answers`, async () => (await ask()).status > 0);
  const site = {
    type: kind.type,
    file,
    check: kind.check(folder),
    reload: kind.reload(folder, child.pid ?? 0),
  };
  return { site, file, configure, ask };
}

/** Starts a server in a group of its own, which ends with the test. */
function run([program = "", ...args]: readonly string[]): ChildProcess {
  const path = `${process.env["PATH"] ?? ""}:/usr/sbin:/sbin`;
  const child = spawn(program, args, { detached: true, stdio: "ignore", env: { PATH: path } });
  onTestFinished(async () => {
    const ended = new Promise((resolve) => child.once("exit", resolve));
    if (child.exitCode !== null || child.signalCode !== null) return;
    try {
      process.kill(-(child.pid ?? 0), "SIGKILL");
      await ended;
    } catch {
      // It is gone already.
    }
  });
  return child;
}
