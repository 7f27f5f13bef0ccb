import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { environment } from "./environment.mjs";
import { end, skein, start } from "./processes.mjs";
import { connect } from "./stomp.mjs";

const RABBITMQ = "/usr/lib/rabbitmq/bin/rabbitmq-server";
const ACTIVEMQ = "/usr/share/activemq";

async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** The brokers that this machine has, each with how it is started in a folder of its own. */
export const brokers = [
  { name: "embedded", there: true, start: embedded },
  { name: "RabbitMQ", there: existsSync(RABBITMQ), start: rabbitmq },
  { name: "ActiveMQ", there: existsSync(ACTIVEMQ), start: activemq },
].filter(({ there }) => there);

async function embedded(folder) {
  const broker = await embeddedIn(folder);
  const at = broker.address();
  return { ...at, ...(await answered(at, broker.begun())), pid: broker.pid(), stop: broker.stop };
}

/** The embedded broker in a process of its own, to be killed and started again on what is in its folder. */
export async function embeddedIn(folder) {
  const env = { ...environment(folder), LANG: "C.UTF-8" };
  const settings = {
    state: "state",
    broker: {
      listen: `127.0.0.1:${await freePort()}`,
      connections: 20_000,
      "connections-per-address": 20_000,
    },
  };
  writeFileSync(join(folder, "skein.yaml"), JSON.stringify(settings));
  skein(folder, env, "init");
  let begun = 0;
  let child;
  const startAgain = async () => {
    begun = performance.now();
    const started = start(folder, env, "run", "broker");
    child = started.child;
    await started.ready;
  };
  await startAgain();
  return {
    address: () => {
      const { address, login, passcode } = JSON.parse(
        readFileSync(join(folder, "state/broker.json"), "utf8"),
      );
      return { port: Number(address.split(":").at(-1)), login, passcode };
    },
    begun: () => begun,
    pid: () => child.pid,
    startAgain,
    kill: () => end(child, "SIGKILL"),
    stop: () => end(child),
  };
}

/** As the manual has it for a node of its own: nothing of the system's RabbitMQ is touched. */
async function rabbitmq(folder) {
  const [port, epmd, distribution] = [await freePort(), await freePort(), await freePort()];
  writeFileSync(
    join(folder, "rabbitmq.conf"),
    `listeners.tcp = none\nstomp.listeners.tcp.1 = 127.0.0.1:${port}\nlog.console = false\n`,
  );
  writeFileSync(join(folder, "enabled_plugins"), "[rabbitmq_stomp].");
  const env = {
    PATH: process.env.PATH,
    HOME: folder,
    RABBITMQ_NODENAME: `bench${port}@localhost`,
    RABBITMQ_CONFIG_FILE: join(folder, "rabbitmq.conf"),
    RABBITMQ_ENABLED_PLUGINS_FILE: join(folder, "enabled_plugins"),
    RABBITMQ_MNESIA_BASE: join(folder, "mnesia"),
    RABBITMQ_LOG_BASE: join(folder, "log"),
    RABBITMQ_PID_FILE: join(folder, "pid"),
    RABBITMQ_CONF_ENV_FILE: "/dev/null",
    ERL_EPMD_PORT: String(epmd),
    ERL_EPMD_ADDRESS: "127.0.0.1",
    RABBITMQ_DIST_PORT: String(distribution),
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: "-kernel inet_dist_use_interface {127,0,0,1}",
  };
  const begun = performance.now();
  const child = spawn(RABBITMQ, { env, stdio: "ignore", detached: true });
  const at = { port, login: "guest", passcode: "guest" };
  const since = await answered(at, begun);
  const pid = Number(readFileSync(join(folder, "pid"), "utf8"));
  return { ...at, ...since, pid, stop: () => endAll(child, epmd) };
}

async function activemq(folder) {
  const port = await freePort();
  for (const name of ["conf", "data", "tmp"]) mkdirSync(join(folder, name));
  const beans = "http://www.springframework.org/schema/beans";
  const core = "http://activemq.apache.org/schema/core";
  writeFileSync(
    join(folder, "conf/activemq.xml"),
    `<beans xmlns="${beans}" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="${beans} ${beans}/spring-beans-2.0.xsd ${core} ${core}/activemq-core.xsd">
 <broker xmlns="${core}" useJmx="false" brokerName="localhost" dataDirectory="${folder}/data">
  <persistenceAdapter><kahaDB directory="${folder}/data/kahadb"/></persistenceAdapter>
  <transportConnectors><transportConnector name="stomp" uri="stomp+nio://127.0.0.1:${port}"/></transportConnectors>
 </broker></beans>`,
  );
  const options = {
    "java.io.tmpdir": join(folder, "tmp"),
    "activemq.home": ACTIVEMQ,
    "activemq.base": folder,
    "activemq.conf": join(folder, "conf"),
    "activemq.data": join(folder, "data"),
    "activemq.classpath": join(folder, "conf"),
  };
  const begun = performance.now();
  const child = spawn(
    "java",
    [
      "-Xmx512m",
      ...Object.entries(options).map(([name, value]) => `-D${name}=${value}`),
      "-jar",
      join(ACTIVEMQ, "bin/activemq.jar"),
      "start",
      `xbean:file:${folder}/conf/activemq.xml`,
    ],
    { stdio: "ignore" },
  );
  const at = { port, login: "", passcode: "" };
  return { ...at, ...(await answered(at, begun)), pid: child.pid, stop: () => end(child) };
}

/** Waits for the first CONNECTED, and says how long it took. */
async function answered(at, begun) {
  for (;;) {
    try {
      const client = await connect(at);
      const started = performance.now() - begun;
      client.end();
      return { started };
    } catch {
      if (performance.now() - begun > 120_000) throw new Error(`no broker answers at port ${at.port}`);
      await pause(20);
    }
  }
}

/** RabbitMQ's script starts others: all of its group end with it, and the port mapper that it leaves behind. */
async function endAll(child, epmd) {
  const gone = new Promise((resolve) => child.once("exit", resolve));
  process.kill(-child.pid, "SIGTERM");
  await gone;
  const mapper = spawn("epmd", ["-port", String(epmd), "-kill"], { stdio: "ignore" });
  await new Promise((resolve) => mapper.once("exit", resolve).once("error", resolve));
}
