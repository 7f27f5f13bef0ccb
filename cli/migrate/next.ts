/** Each daemon with what it takes over from, in the order in which they are best switched: first those that only listen. */
const ORDER: Readonly<Record<string, string>> = {
  "repo-updater": "stomp-git",
  keepalive: "the cron job of stomp-keepalive",
  "ci-trigger": "stomp-jenkins",
  access: "stomp-access",
  "package-announcer": "the cron job of auto-reprepro",
  webhook: "gitlab-stomp or github-stomp",
};

/** What to do with the configuration, in order. */
export function nextSteps(config: Readonly<Record<string, unknown>>): readonly string[] {
  const daemons = Object.entries(ORDER).filter(([name]) => Object.hasOwn(config, name));
  return [
    "skein check",
    ...daemons.map(([name, older]) => `stop ${older}, then: skein run ${name}`),
    "when nothing of the older kit listens any more, take topics.overrides away",
  ];
}
