import { execFileSync } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openSession } from "../../dist/cli/session.js";
import { message } from "../../dist/lib/messages/catalogue.js";
import { COMMAND_TYPE, digestOf, encodeCommand, newCommandId } from "../../dist/lib/security/command.js";
import { seal } from "../../dist/lib/security/envelope.js";
import { namespaces } from "../../dist/lib/security/namespaces.js";
import { fileSigner } from "../../dist/lib/security/signer.js";
import { environment } from "./environment.mjs";
import { end, processorTime, skein, start } from "./processes.mjs";

const HEARD = ["deploy.accepted", "deploy.prepared", "deploy.refused", "deploy.finished"];
/** How often an order is repeated that nobody has answered, in milliseconds: that is harmless. */
const REPEAT = 500;

/** A broker and an agent, each a process of its own, and whoever tells the agent what to deploy: signed, over the broker. */
export async function openAgent(files, revisions, app = {}) {
  const folder = await mkdtemp(join(tmpdir(), "skein-bench-agent-"));
  const env = { ...environment(folder), LANG: "C.UTF-8" };
  const config = join(folder, "skein.yaml");
  const settings = {
    state: "state",
    host: "web1",
    broker: { listen: "127.0.0.1:0" },
    repositories: { shop: { url: "./shop.git" } },
    apps: { shop: { repository: "shop", root: "./shop", ...app } },
  };
  await writeFile(config, JSON.stringify(settings));
  const git = (...args) => execFileSync("git", args, { cwd: folder, env, encoding: "utf8" }).trim();
  git("init", "--quiet", "--initial-branch=main", "work");
  const commits = [];
  for (const revision of revisions) {
    for (const [path, contents] of Object.entries(files(revision))) {
      const file = join(folder, "work", path);
      await mkdir(join(file, ".."), { recursive: true });
      await writeFile(file, contents, { mode: path.startsWith("deploy/") ? 0o755 : 0o644 });
    }
    git("-C", "work", "add", "--all");
    git("-C", "work", "commit", "--quiet", "-m", revision);
    commits.push(git("-C", "work", "rev-parse", "HEAD"));
  }
  git("clone", "--quiet", "--bare", "work", "shop.git");
  skein(folder, env, "init");
  const broker = start(folder, env, "run", "broker");
  await broker.ready;
  const session = await openSession({ config });
  const [operator, orchestrator] = await Promise.all(
    ["operator", "orchestrator"].map((name) => fileSigner(join(folder, "state", "keys", name))),
  );
  const waiting = new Map();
  await session.hear(HEARD, ({ type, data }) => waiting.get(data.rollout)?.(type, data));
  let agent = start(folder, env, "agent");
  await agent.ready;
  return {
    folder,
    root: join(folder, "shop"),
    commits,
    pid: () => agent.child.pid,
    kill: () => end(agent.child, "SIGKILL"),
    start: async () => {
      agent = start(folder, env, "agent");
      await agent.ready;
    },
    deploy: (commit) =>
      deploy(commit, { session, operator, orchestrator, waiting, time: () => timeOf(agent.child) }),
    close: async () => {
      await session.close();
      await end(agent.child, "SIGTERM");
      await end(broker.child, "SIGTERM");
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** None of a process that was killed just now. */
function timeOf(child) {
  try {
    return processorTime(child.pid);
  } catch {
    return undefined;
  }
}

/** Sees one deploy through, as the orchestrator would, and answers how it ended, and what processor time that took. */
function deploy(commit, { session, operator, orchestrator, waiting, time }) {
  const now = Date.now();
  const iat = Math.floor(now / 1_000);
  const about = { v: 1, app: "shop", environment: "production", iat, exp: iat + 300 };
  const command = {
    ...about,
    kind: "deploy",
    id: newCommandId(),
    release: { type: "git", commit, ref: "refs/heads/main" },
    hosts: ["web1"],
    seq: now,
    expect: {},
    strategy: { canary: 1, batches: "100%", maxFailures: 0, pauseSeconds: 0, onFailure: "rollback" },
    why: "",
  };
  const rollout = command.id;
  const order = {
    ...about,
    kind: "go",
    id: newCommandId(),
    rollout,
    authorisation: digestOf(encodeCommand(command)),
    host: "web1",
    fence: now,
  };
  const signed = (what, namespace, signer) => seal(encodeCommand(what), COMMAND_TYPE, namespace, signer);
  const say = async (type, sealed) =>
    session.say(message(type, { host: "web1", rollout, command: await sealed })).catch(() => undefined);
  return new Promise((resolve) => {
    let tell = () => say("deploy.authorised", signed(command, namespaces.deploy, operator));
    const again = setInterval(() => void tell(), REPEAT);
    let begun;
    waiting.set(rollout, (type, data) => {
      if (type === "deploy.accepted") {
        begun ??= time();
        return;
      }
      if (type === "deploy.prepared") {
        tell = () => say("deploy.go", signed(order, namespaces.go, orchestrator));
        void tell();
        return;
      }
      clearInterval(again);
      waiting.delete(rollout);
      const spent = time() - begun;
      resolve({ ...(type === "deploy.finished" ? data : { outcome: "refused", ...data }), spent });
    });
    void tell();
  });
}
