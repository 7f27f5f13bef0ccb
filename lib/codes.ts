/**
 * Every error code that Skein can answer with, what it means, and what to do about it.
 * `docs/reference/errors.md` is made from this table.
 */
export const codes = {
  // configuration
  CONFIG_INVALID: [
    "The configuration does not fit its schema.",
    "Mend every listed line; `skein check` reads it again.",
  ],
  CONFIG_MISSING: [
    "No configuration file was found.",
    "Go to the folder that has it, or name it with `--config`; `skein init` makes a new one.",
  ],
  // messages
  MESSAGE_INVALID: [
    "A message is not JSON, lacks fields, or holds a value that its type forbids.",
    "Look at it in the dead letters and mend its sender.",
  ],
  MESSAGE_UNKNOWN: [
    "A message is of a type that the catalogue does not have.",
    "Compare the versions of the sender and of this daemon.",
  ],
  NAME_INVALID: [
    "A name (repository, app, host, ref, revision) holds what such a name must not.",
    "Use the form that the message quotes.",
  ],
  // bus and broker
  BROKER_UNREACHABLE: [
    "No broker of the list answers.",
    "Start one (`skein up`), or mend `bus:` in the configuration.",
  ],
  BROKER_REFUSED: ["The broker refused the login.", "Mend the login or the passcode in `bus:`."],
  BROKER_ADDRESS: [
    "A broker address cannot be read.",
    "Use stomp://HOST:PORT, stomp+ssl://, ws://, wss:// or failover:(…).",
  ],
  BROKER_ERROR: ["The broker answered with an ERROR frame.", "Read its text; the connection is made anew."],
  LISTEN_FAILED: [
    "An address to listen on cannot be had.",
    "Stop what holds it, which may be another `skein up`, or choose another port: `broker.listen`.",
  ],
  LISTEN_REFUSED: [
    "A listener would be open to the network without protection.",
    "Bind it to loopback, or configure TLS.",
  ],
  SPOOL_FAILED: [
    "A message could not be written to the spool.",
    "Free space on the disk that holds the state folder.",
  ],
  // effects
  COMMAND_FAILED: ["A program ended with an error.", "Read the quoted end of its output."],
  COMMAND_TIMEOUT: ["A program ran longer than it may.", "Raise its deadline, or find what it waits for."],
  GIT_FAILED: ["Git refused a command.", "Read the quoted end of its output."],
  HTTP_FAILED: [
    "An HTTP request got no usable answer.",
    "See whether the address is right and its server answers.",
  ],
  // repositories
  REPOSITORY_UNKNOWN: [
    "No repository of this name is configured.",
    "Add it to `repositories:`, or correct the name.",
  ],
  REPOSITORY_INVALID: [
    "This is not a git repository that Skein can use.",
    "Make it one with `git init --bare`, or correct the path.",
  ],
  MIRROR_UNREACHABLE: [
    "A repository cannot be fetched into its mirror.",
    "See that its URL is right and that this user may read it.",
  ],
  REF_UNKNOWN: [
    "The repository has no such branch, tag or revision.",
    "`skein refs APP` lists what there is.",
  ],
  REF_AMBIGUOUS: [
    "A branch and a tag have this name.",
    "Write it in full: refs/heads/NAME or refs/tags/NAME.",
  ],
  HOOK_REFUSED: ["The hook cannot be installed here.", "Follow the advice in the message."],
  // rollouts
  APP_UNKNOWN: ["No app of this name is configured.", "Add it to `apps:`, or correct the name."],
  HOSTS_NONE: [
    "No host fits, so there is nowhere to deploy to.",
    "`skein hosts` lists who is there; correct the filter.",
  ],
  BUILD_NOT_PASSED: [
    "The app deploys only revisions whose build passed, and this one's did not.",
    "Mend what it names and push, or wait for the end of the build: `skein log -f REPOSITORY@REVISION`.",
  ],
  ROLLOUT_RUNNING: [
    "Another rollout of this app is under way.",
    "Wait for its end: `skein log -f ID`, or end it: `skein cancel ID`.",
  ],
  ROLLOUT_UNKNOWN: ["No rollout of this id is known.", "`skein history` lists them."],
  ROLLOUT_FAILED: ["A rollout did not succeed.", "`skein log ID` shows what each host said."],
  NOTHING_FORMER: [
    "There is no former release to go back to.",
    "Name what to go to: `skein rollback APP --to REF`, or `skein deploy APP REF`.",
  ],
  ANSWER_TIMEOUT: ["Nobody answered in time.", "See with `skein doctor` that the daemons run."],
  // trust: the codes of an agent's refusal, in the order of its checks
  E_PARSE: [
    "A command is not well-formed, is too large, or holds a key twice.",
    "Sign it again with this version of `skein`.",
  ],
  E_TYPE: [
    "A command is of a type that this host does not know.",
    "Compare the versions of the sender and of this host.",
  ],
  E_SIG_FORMAT: [
    "A command carries no signature, or one that is not an SSHSIG.",
    "Sign it: `skein deploy` does.",
  ],
  E_KEY: [
    "The key that signed is not in allowed_signers for this purpose, or not now.",
    "Add its line to allowed_signers on the host, if it should be there.",
  ],
  E_REVOKED: ["The key that signed has been revoked.", "Sign with another key."],
  E_SIG: [
    "The signature does not fit the bytes.",
    "The command was changed on its way, or damaged. Sign it again.",
  ],
  E_TTL: ["A command claims to be valid for longer than it may.", "Ask for 15 minutes at most."],
  E_FUTURE: ["A command was issued in the future.", "Set the clocks of both machines right."],
  E_EXPIRED: ["A command is too old.", "Ask again; see that the clocks are right."],
  E_CLOCK: ["This host's clock went backwards; it cannot tell what has expired.", "Set the clock right."],
  E_REPLAY: ["This command was accepted before.", "Nothing: it ran once, and its result is recorded."],
  E_OLD: ["A newer command for this app was accepted before this one.", "Ask again."],
  E_POLICY: [
    "The policy of the host does not let this person do this.",
    "Change policy.yaml on the host, if it should.",
  ],
  E_LOCKED: ["Another deploy of this app holds the lock on this host.", "Wait for its end."],
  E_PRECONDITION: [
    "Something else is live than the command expects.",
    "Look with `skein status`, and ask again.",
  ],
  E_REF: [
    "The revision is not reachable from a ref that the policy allows.",
    "Push it to such a ref, or change the policy.",
  ],
  E_STORAGE: ["The journal cannot be written, so nothing is run.", "Free space on the host."],
  TRUST_FILE: [
    "A file of the trust folder is missing, unreadable, or writable by others.",
    "Set its owner and mode (0644), and mend the named line.",
  ],
  KEY_UNUSABLE: [
    "No key to sign with was found, or it cannot be read.",
    "Run `skein init`, load one into ssh-agent, or name one with `--key`.",
  ],
  // deploys
  TREE_SYMLINK: [
    "The revision holds a symbolic link that leads out of the release.",
    "Remove the link, or set `symlinks: any` for the app.",
  ],
  SCRIPT_FAILED: ["A script of the app ended with an error.", "Read its output: `skein log ID`."],
  SCRIPT_TIMEOUT: [
    "A script of the app ran longer than it may, and was killed.",
    "Raise `script-timeout`, or find what it waits for.",
  ],
  SCRIPT_NOT_EXECUTABLE: [
    "A script of the app is not executable.",
    "git update-index --chmod=+x deploy/NAME, commit, push.",
  ],
  CHECK_FAILED: [
    "The app did not answer its check after it was published.",
    "Read the quoted answer and the app's own log.",
  ],
  DISK_FULL: ["There is no space left to build a release.", "Free space, or lower `keep`."],
  CURRENT_NOT_LINK: [
    "`current` is not a symbolic link, so it cannot be replaced at once.",
    "Move it away: mv current current.old",
  ],
  DEPLOY_INTERRUPTED: ["The host went down in the middle of a script.", "Deploy again."],
  // notifier
  CHANNEL_UNKNOWN: [
    "No channel of this name is configured.",
    "Add it to `notifier.channels:`, or correct the name.",
  ],
  CHANNEL_REFUSED: [
    "A channel did not take what it was told.",
    "Read what it answers; mend `notifier.channels:`, or what is at the other end.",
  ],
  // pipelines
  PIPELINE_INVALID: [
    "The .skein.yml of the revision does not fit its schema.",
    "Mend every listed line and push.",
  ],
} as const satisfies Record<string, readonly [meaning: string, advice: string]>;

/** The stable name of an error. */
export type Code = keyof typeof codes;

/** What a person can do about an error that was told with its code, perhaps by another version. */
export function adviceFor(code: string | undefined): string | undefined {
  return code !== undefined && Object.hasOwn(codes, code) ? codes[code as Code][1] : undefined;
}
