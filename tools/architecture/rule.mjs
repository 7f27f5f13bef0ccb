/**
 * Who may import what: the one table. A part is a file or a folder; a module belongs to the longest part that its path
 * begins with. What a part does not name, it may not import. Why each exception is there: docs/decisions.
 *
 * - `parts`: what of Skein it may import, besides itself
 * - `packages`: npm packages
 * - `node`: modules of Node; `*` for all of them
 * - `env`: whether it may read `process.env`
 * - `loads`: whether it may import what only running it can tell
 */
const pure = { parts: [], packages: [], node: [] };

/** What daemons and the agent stand on. */
const lib = [
  "lib/artifacts",
  "lib/bus",
  "lib/codes.ts",
  "lib/config",
  "lib/daemon",
  "lib/effects",
  "lib/failure.ts",
  "lib/log.ts",
  "lib/layers",
  "lib/messages",
  "lib/pace",
  "lib/safe-text.ts",
  "lib/schema",
  "lib/security",
  "lib/store",
  "lib/template.ts",
  "lib/version.ts",
];

/** Node's modules that compute and touch nothing: daemons reach the world through `lib/effects` only. */
const harmless = ["buffer", "crypto", "path", "url", "util"];
const daemon = { parts: lib, packages: ["zod"], node: harmless };
const everything = { parts: ["*"], packages: ["*"], node: ["*"], env: true, loads: true };

const brokerEdge = (...node) => ({
  parts: ["daemons/broker", "lib/failure.ts"],
  packages: [],
  node: ["buffer", ...node],
});

export const RULE = {
  "lib/codes.ts": pure,
  "lib/pace": pure,
  "lib/safe-text.ts": pure,
  "lib/template.ts": { ...pure, parts: ["lib/failure.ts"], packages: ["mustache"] },
  "lib/version.ts": pure,
  "lib/failure.ts": { ...pure, parts: ["lib/codes.ts"] },
  "lib/log.ts": { ...pure, packages: ["pino", "pino-pretty"] },
  "lib/schema": { ...pure, parts: ["lib/failure.ts"], packages: ["yaml", "zod"] },
  // Layers of configuration: text in, text out.
  "lib/layers": {
    parts: ["lib/codes.ts", "lib/schema", "lib/failure.ts"],
    packages: ["yaml", "zod"],
    node: [],
  },
  "lib/messages": {
    parts: ["lib/schema", "lib/failure.ts"],
    packages: ["zod"],
    node: ["crypto"],
  },
  "lib/bus": {
    parts: ["lib/messages", "lib/schema", "lib/failure.ts", "lib/log.ts"],
    packages: ["@stomp/stompjs", "ws"],
    node: ["crypto", "fs/promises", "net", "path", "timers/promises", "tls"],
  },
  "lib/effects": {
    parts: ["lib/messages", "lib/pace", "lib/schema", "lib/failure.ts"],
    packages: ["zod"],
    node: ["*"],
  },
  // Speaks to CI servers over whatever Http it is given.
  "lib/effects/ci": {
    parts: ["lib/codes.ts", "lib/effects/http.ts", "lib/schema", "lib/failure.ts"],
    packages: ["zod"],
    node: ["crypto"],
  },
  // Speaks to Caddy over whatever Http it is given.
  "lib/effects/traffic": {
    parts: ["lib/effects", "lib/effects/http.ts", "lib/failure.ts"],
    packages: ["zod"],
    node: ["fs/promises", "net", "util"],
  },
  "lib/effects/stores": {
    parts: ["lib/effects", "lib/effects/transfer.ts", "lib/artifacts", "lib/schema", "lib/failure.ts"],
    packages: ["zod"],
    node: ["*"],
  },
  "lib/effects/transfer.ts": {
    parts: ["lib/effects", "lib/effects/http.ts", "lib/failure.ts"],
    packages: [],
    node: ["*"],
  },
  "lib/effects/http.ts": { parts: ["lib/failure.ts"], packages: ["node-fetch"], node: ["*"] },
  "lib/effects/notify": {
    parts: ["lib/effects", "lib/schema", "lib/failure.ts"],
    packages: [],
    node: ["fs", "net", "tls"],
  },
  "lib/effects/notify/mail.ts": {
    parts: ["lib/effects/notify", "lib/schema", "lib/failure.ts"],
    packages: ["nodemailer"],
    node: ["fs"],
  },
  "lib/security": {
    parts: ["lib/schema", "lib/codes.ts", "lib/failure.ts"],
    packages: ["zod"],
    node: ["crypto", "fs", "fs/promises", "net", "path"],
  },
  "lib/security/password.ts": {
    parts: ["lib/schema"],
    packages: ["unixcrypt"],
    node: ["crypto"],
  },
  // What is built, kept and fetched: any store, with the signatures of commands.
  "lib/artifacts": {
    parts: ["lib/config", "lib/effects", "lib/schema", "lib/security", "lib/failure.ts"],
    packages: ["zod"],
    node: [],
  },
  "lib/store": {
    parts: ["lib/messages", "lib/schema"],
    packages: ["@photostructure/sqlite", "kysely", "zod"],
    node: ["fs", "path"],
  },
  "lib/config": {
    parts: ["lib/effects", "lib/messages", "lib/schema", "lib/security", "lib/failure.ts"],
    packages: ["zod"],
    node: ["fs", "os", "path"],
    env: true,
  },
  "lib/daemon": {
    parts: [
      "lib/bus",
      "lib/codes.ts",
      "lib/config",
      "lib/effects",
      "lib/failure.ts",
      "lib/log.ts",
      "lib/messages",
      "lib/schema",
      "lib/version.ts",
    ],
    packages: ["zod"],
    node: ["util"],
  },
  "lib/daemon/process.ts": {
    parts: ["lib/codes.ts", "lib/daemon", "lib/effects", "lib/failure.ts"],
    packages: [],
    node: [],
    env: true,
  },
  daemons: daemon,
  "daemons/broker.ts": { ...daemon, parts: [...lib, "daemons/broker"] },
  // The core decides and never waits: it opens no socket and no file. The six files after it do.
  "daemons/broker": { ...pure, node: ["buffer", "crypto"] },
  "daemons/broker/server.ts": brokerEdge(),
  "daemons/broker/listen.ts": brokerEdge(),
  "daemons/broker/listeners.ts": brokerEdge(),
  "daemons/broker/tcp.ts": brokerEdge("net", "tls"),
  "daemons/broker/websocket.ts": { ...brokerEdge("http", "https", "net"), packages: ["ws"] },
  "daemons/broker/journal.ts": brokerEdge("fs", "fs/promises"),
  agent: { parts: lib, packages: ["zod"], node: [...harmless, "os"] },
  cli: {
    parts: [...lib, "daemons", "daemons/broker.ts", "agent"],
    packages: ["picocolors", "simple-git", "yaml", "yargs", "zod"],
    node: ["*"],
    env: true,
  },
  bench: everything,
  examples: { ...pure, node: ["*"], env: true, loads: true },
  test: everything,
  tools: { parts: ["cli"], packages: ["oxc-parser"], node: ["*"], env: true },
  "vitest.config.ts": { ...pure, packages: ["vitest"] },
};

/** The part that a module belongs to. */
export function partOf(module) {
  return Object.keys(RULE)
    .filter((part) => module === part || module.startsWith(`${part}/`))
    .reduce((longest, part) => (part.length > (longest?.length ?? 0) ? part : longest), undefined);
}

/** The daemon that a module of `daemons` belongs to: `announcer` for `daemons/announcer/push.ts`. */
export const daemonOf = (module) => /^daemons\/([^/.]+)/.exec(module)?.[1];
