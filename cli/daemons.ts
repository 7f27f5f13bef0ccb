import { agent } from "../agent/agent.ts";
import { access } from "../daemons/access.ts";
import { announcer } from "../daemons/announcer.ts";
import { aptWatcher } from "../daemons/apt-watcher.ts";
import { broker } from "../daemons/broker.ts";
import { ciRunner } from "../daemons/ci-runner.ts";
import { ciStatus } from "../daemons/ci-status.ts";
import { ciTrigger } from "../daemons/ci-trigger.ts";
import { keepalive } from "../daemons/keepalive.ts";
import { ledger } from "../daemons/ledger.ts";
import { notifier } from "../daemons/notifier.ts";
import { orchestrator } from "../daemons/orchestrator.ts";
import { packageAnnouncer } from "../daemons/package-announcer.ts";
import { repoUpdater } from "../daemons/repo-updater.ts";
import { webhook } from "../daemons/webhook.ts";
import type { Daemon } from "../lib/daemon/define.ts";

/** Every daemon, by name, in the order in which `skein up` starts them. */
export const DAEMONS = {
  broker,
  ledger,
  announcer,
  webhook,
  "repo-updater": repoUpdater,
  "ci-trigger": ciTrigger,
  "ci-status": ciStatus,
  "ci-runner": ciRunner,
  access,
  keepalive,
  "package-announcer": packageAnnouncer,
  "apt-watcher": aptWatcher,
  orchestrator,
  notifier,
  agent,
} as unknown as Readonly<Record<DaemonName, Daemon>>;

export const DAEMON_NAMES = [
  "broker",
  "ledger",
  "announcer",
  "webhook",
  "repo-updater",
  "ci-trigger",
  "ci-status",
  "ci-runner",
  "access",
  "keepalive",
  "package-announcer",
  "apt-watcher",
  "orchestrator",
  "notifier",
  "agent",
] as const;
export type DaemonName = (typeof DAEMON_NAMES)[number];
