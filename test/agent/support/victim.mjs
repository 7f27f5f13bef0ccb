// Does what it is handed, as the agent would, and kills itself at the n-th step towards something lasting: a line of a
// journal, a name, a link, a request that changes something elsewhere.
import fs from "node:fs";
import http from "node:http";
import { syncBuiltinESMExports } from "node:module";

const {
  folder,
  url,
  app,
  settings: others,
  handed,
  killAt,
  countFrom,
  files = true,
} = JSON.parse(process.argv[2]);
let steps = 0;
let counting = false;
const counted = (object, name, counts = () => true) => {
  const original = object[name];
  object[name] = function (...args) {
    if (counting && counts(...args)) steps += 1;
    if (steps === killAt) process.kill(process.pid, "SIGKILL");
    return original.apply(this, args);
  };
};
const { open } = fs.promises;
// Nothing but a journal is added to.
fs.promises.open = async (...args) => {
  const handle = await open(...args);
  if (args[1] === "r+") counted(handle, "write");
  return handle;
};
if (files) for (const name of ["rename", "symlink", "link"]) counted(fs.promises, name);
counted(http, "request", ({ method }) => !["GET", "HEAD"].includes(method ?? "GET"));
syncBuiltinESMExports();

const [{ agent }, { agentConfig }, { openDesk }, { sharedSettings }] = await Promise.all(
  ["agent/agent.js", "agent/config.js", "agent/desk.js", "lib/config/settings.js"].map(
    (path) => import(`../../../dist/${path}`),
  ),
);
const nothing = () => undefined;
const log = { debug: nothing, info: nothing, warn: nothing, error: nothing, child: () => log };
const settings = sharedSettings.parse({
  state: `${folder}/state`,
  host: "web1",
  repositories: { shop: { url } },
  apps: { shop: { root: `${folder}/shop`, ...app } },
  ...others,
});
const config = agentConfig.parse({ "kill-after": "500ms" });
const surroundings = { host: "web1", settings, log };
const deps = await openDesk(config, surroundings);
const here = { ...surroundings, config, deps, now: () => new Date(), signal: new AbortController().signal };
for (const { type, data } of handed) {
  counting ||= type === countFrom;
  for await (const _ of agent.on[type](data, here));
}
await deps.close();
