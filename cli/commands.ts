/** Every command: its words, what it does, and where it is. */
export const COMMANDS: Readonly<
  Record<string, { readonly describe: string; readonly load: () => Promise<unknown> }>
> = {
  up: { describe: "Run everything in one process", load: async () => (await import("./commands/up.ts")).up },
  "run <daemons..>": {
    describe: "Run one daemon, or several",
    load: async () => (await import("./commands/run.ts")).run,
  },
  agent: {
    describe: "Run the agent of this host",
    load: async () => (await import("./commands/agent.ts")).agent,
  },
  init: {
    describe: "Write a configuration, keys and the trust folder",
    load: async () => (await import("./commands/init.ts")).init,
  },
  "deploy <app> [refs..]": {
    describe: "Roll a revision out",
    load: async () => (await import("./commands/deploy.ts")).deploy,
  },
  "rollback <app>": {
    describe: "Go back to the release before",
    load: async () => (await import("./commands/rollback.ts")).rollback,
  },
  "cancel <id>": {
    describe: "End a rollout or a build that is under way",
    load: async () => (await import("./commands/cancel.ts")).cancel,
  },
  status: {
    describe: "Say what is live where",
    load: async () => (await import("./commands/status.ts")).status,
  },
  "refs <app>": {
    describe: "List branches and tags, and the hosts that have them",
    load: async () => (await import("./commands/refs.ts")).refs,
  },
  "releases <app>": {
    describe: "List the releases that hosts have of an app, and what became of each",
    load: async () => (await import("./commands/releases.ts")).releases,
  },
  history: {
    describe: "List what was deployed, built and pushed",
    load: async () => (await import("./commands/history.ts")).history,
  },
  "log <id>": {
    describe: "Print the log of a build or a rollout",
    load: async () => (await import("./commands/log.ts")).log,
  },
  "access <action> [site] [user]": {
    describe: "Let somebody log in at a web site for a time, take that back, or list who may",
    load: async () => (await import("./commands/access.ts")).access,
  },
  "artifact <action> [app] [file]": {
    describe: "Put what was built into a store, get it, list it, delete it",
    load: async () => (await import("./commands/artifact.ts")).artifact,
  },
  "config <action> [names..]": {
    describe: "Merge layers of configuration, or show what an app gets of them, and why",
    load: async () => (await import("./commands/config.ts")).config,
  },
  hosts: {
    describe: "List the hosts and the daemons, and who of them is silent",
    load: async () => (await import("./commands/hosts.ts")).hosts,
  },
  facts: {
    describe: "List what hosts know of themselves, which filters can ask for",
    load: async () => (await import("./commands/facts.ts")).facts,
  },
  "tail [topic]": {
    describe: "Print messages as they come",
    load: async () => (await import("./commands/tail.ts")).tail,
  },
  "dead [action] [ids..]": {
    describe: "Look into what nobody could take, send it again, or throw it away",
    load: async () => (await import("./commands/dead.ts")).dead,
  },
  "publish <type>": {
    describe: "Publish a message: its data is JSON on standard input",
    load: async () => (await import("./commands/publish.ts")).publish,
  },
  decode: {
    describe: "Say what frames mean: JSON lines on standard input",
    load: async () => (await import("./commands/decode.ts")).decode,
  },
  encode: {
    describe: "Write messages as frames: JSON lines on standard input",
    load: async () => (await import("./commands/encode.ts")).encode,
  },
  "ci-status": {
    describe: "Tell of a build, from inside a job of Jenkins",
    load: async () => (await import("./commands/ci-status.ts")).ciStatus,
  },
  "hook <action> <path>": {
    describe: "Install the hook that announces pushes, or take it out",
    load: async () => (await import("./commands/hook.ts")).hook,
  },
  "package <action> <names..>": {
    describe: "Announce packages, or have archives looked at now",
    load: async () => (await import("./commands/package.ts")).packageCommand,
  },
  "notify <action> [channel]": {
    describe: "Try a channel of the notifier, or show what it would tell of a message",
    load: async () => (await import("./commands/notify.ts")).notify,
  },
  "migrate <files..>": {
    describe: "Make a configuration of those of the older kit",
    load: async () => (await import("./commands/migrate.ts")).migrate,
  },
  check: {
    describe: "Check the configuration",
    load: async () => (await import("./commands/check.ts")).check,
  },
  doctor: {
    describe: "Look for what is wrong, and say how to mend it",
    load: async () => (await import("./commands/doctor.ts")).doctor,
  },
  demo: {
    describe: "Show a push going live on three hosts of this machine",
    load: async () => (await import("./commands/demo.ts")).demo,
  },
};
