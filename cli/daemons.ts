import { agent } from "../agent/agent.ts";
import { announcer } from "../daemons/announcer.ts";
import { broker } from "../daemons/broker.ts";
import { ciRunner } from "../daemons/ci-runner.ts";
import { ciTrigger } from "../daemons/ci-trigger.ts";
import { ledger } from "../daemons/ledger.ts";
import { notifier } from "../daemons/notifier.ts";
import { orchestrator } from "../daemons/orchestrator.ts";
import { repoUpdater } from "../daemons/repo-updater.ts";
import type { Daemon } from "../lib/daemon/define.ts";

/** Every daemon, by name, in the order in which `skein up` starts them. */
export const DAEMONS = {
  broker,
  ledger,
  announcer,
  "repo-updater": repoUpdater,
  "ci-trigger": ciTrigger,
  "ci-runner": ciRunner,
  orchestrator,
  notifier,
  agent,
} as unknown as Readonly<Record<DaemonName, Daemon>>;

export const DAEMON_NAMES = [
  "broker",
  "ledger",
  "announcer",
  "repo-updater",
  "ci-trigger",
  "ci-runner",
  "orchestrator",
  "notifier",
  "agent",
] as const;
export type DaemonName = (typeof DAEMON_NAMES)[number];
