import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { http } from "../../lib/effects/http.ts";
import { freePort } from "./free-port.ts";
import { textOf } from "./on-disk.ts";
import { until } from "./until.ts";

/** What a Buildbot of Debian lacks to answer over HTTP: the package of its web pages, of which only the name is needed. */
const SHIM = {
  "buildbot_www_shim.py": `from buildbot.www.plugin import Application
ep = Application("buildbot_www_shim", "Buildbot", ui=False)
`,
  VERSION: "1\n",
  "static/index.html": "",
  "buildbot_www_shim-1.dist-info/METADATA": "Metadata-Version: 2.1\nName: buildbot-www-shim\nVersion: 1\n",
  "buildbot_www_shim-1.dist-info/entry_points.txt": "[buildbot.www]\nbase = buildbot_www_shim:ep\n",
};

const WORKER_SECRET = "secret-of-worker";

interface Ports {
  readonly web: number;
  readonly worker: number;
}

/** Builds what the property \`commands\` says, as a project of a few lines would. */
const configuration = ({ web, worker }: Ports, push: Push | undefined): string => `
from buildbot.plugins import reporters, schedulers, steps, util, worker
c = BuildmasterConfig = {}
c["buildbotNetUsageData"] = None
c["db"] = {"db_url": "sqlite:///state.sqlite"}
c["protocols"] = {"pb": {"port": "tcp:${worker}:interface=127.0.0.1"}}
c["workers"] = [worker.Worker("w1", "${WORKER_SECRET}")]
factory = util.BuildFactory([
    steps.ShellCommand(name="say", command=["/bin/sh", "-c", util.Interpolate("echo building %(src::revision)s of %(src::branch)s")]),
    steps.ShellCommand(name="test", command=["/bin/sh", "-c", util.Property("commands")], haltOnFailure=True),
])
c["builders"] = [util.BuilderConfig(name="unit", workernames=["w1"], factory=factory)]
c["schedulers"] = [schedulers.ForceScheduler(
    name="force-unit",
    builderNames=["unit"],
    properties=[util.StringParameter(name="commands", default="true")],
)]
c["www"] = {
    "port": "tcp:${web}:interface=127.0.0.1",
    "auth": util.UserPasswordAuth({"skein": "secret-of-skein"}),
    "authz": util.Authz(
        allowRules=[util.AnyControlEndpointMatcher(role="admins")],
        roleMatchers=[util.RolesFromUsername(roles=["admins"], usernames=["skein"])],
    ),
}
c["buildbotURL"] = "http://127.0.0.1:${web}/"
${push === undefined ? "" : `c["services"] = [reporters.HttpStatusPush(serverUrl="${push.url}", auth=("buildbot", "${push.password}"))]`}
`;

/** Where it tells of its builds by itself. */
interface Push {
  readonly url: string;
  readonly password: string;
}

/** Starts a master and a worker below a folder, and waits until the worker has work to take. */
export async function startBuildbot(folder: string, push?: Push) {
  const ports = { web: await freePort(), worker: await freePort() };
  const [master, worker, shim] = ["master", "worker", "shim"].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  for (const [name, contents] of Object.entries(SHIM)) {
    mkdirSync(join(shim, name, ".."), { recursive: true });
    writeFileSync(join(shim, name), contents);
  }
  const env = {
    PATH: "/usr/bin:/bin",
    HOME: folder,
    LC_ALL: "C.UTF-8",
    PYTHONPATH: shim,
    PYTHONWARNINGS: "ignore",
  };
  const setUp = (program: string, ...words: string[]) => {
    const { status, stdout, stderr } = spawnSync(program, words, { env, encoding: "utf8" });
    if (status !== 0) throw new Error(`${program} failed: ${stdout}${stderr}`);
  };
  setUp("buildbot", "create-master", "--quiet", master);
  writeFileSync(join(master, "master.cfg"), configuration(ports, push));
  setUp(
    "buildbot-worker",
    "create-worker",
    "--quiet",
    worker,
    `127.0.0.1:${ports.worker}`,
    "w1",
    WORKER_SECRET,
  );
  const url = `http://127.0.0.1:${ports.web}`;

  const run = (program: string, words: readonly string[], cwd: string) => {
    const child = spawn(program, words, { cwd, env, stdio: "ignore", detached: true });
    const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
    /** TERM, and KILL for what does not leave: the whole group, and nothing else. */
    const end = async () => {
      const kill = (signal: "SIGTERM" | "SIGKILL") => {
        try {
          process.kill(-(child.pid ?? 0), signal);
        } catch {
          // It is gone.
        }
      };
      kill("SIGTERM");
      const timer = setTimeout(() => kill("SIGKILL"), 3_000);
      await ended;
      clearTimeout(timer);
      kill("SIGKILL");
    };
    return end;
  };
  const startMaster = () => run("buildbot", ["start", "--nodaemon", "."], master);
  const startWorker = () => run("buildbot-worker", ["start", "--nodaemon", "."], worker);
  let endMaster = startMaster();
  let endWorker = startWorker();
  const stop = async () => {
    await Promise.all([endMaster(), endWorker()]);
  };
  const isReady = async () => {
    const { body } = await http(`${url}/api/v2/workers`, { deadline: 2_000 });
    return /"connected_to":\s*\[\s*\{/.test(body.toString("utf8"));
  };
  const ready = async () => {
    try {
      await until("Buildbot has a worker", isReady, 30_000);
    } catch (error) {
      await stop();
      throw new Error(textOf(join(master, "twistd.log")).slice(-2_000), { cause: error });
    }
  };
  await ready();
  return {
    url,
    user: "skein",
    password: "secret-of-skein",
    stopMaster: () => endMaster(),
    startMaster: async () => {
      endMaster = startMaster();
      await ready();
    },
    stopWorker: () => endWorker(),
    startWorker: () => {
      endWorker = startWorker();
    },
    stop,
  };
}
