/**
 * Every error code that Skein can answer with, what it means, and what to do about it.
 * `docs/reference/errors.md` is made from this table.
 */
export const codes = {
  // messages that nobody could take
  MESSAGE_RETURNED: [
    "A message was given back so often, by those who took it or by their end, that the broker set it aside.",
    "See in the logs of who takes it why they fail; the message lies in the dead letters, with where it was meant for.",
  ],
  // configuration
  CONFIG_INVALID: [
    "The configuration does not fit its schema.",
    "Mend every listed line; `skein check` reads it again.",
  ],
  CONFIG_MISSING: [
    "No configuration file was found.",
    "Go to the folder that has it, or name it with `--config`; `skein init` makes a new one.",
  ],
  // taking the older kit's configuration over
  MIGRATE_NOTHING: [
    "What `skein migrate` was given cannot be read, or is nothing of the older kit.",
    "Name the folder that has its YAML files, such as /etc/stomp-git.",
  ],
  MIGRATE_THERE: [
    "`skein migrate` would replace a file that is there already.",
    "Choose another folder with `--into`, or say `--force`.",
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
  INPUT_INVALID: [
    "What a command was given on standard input is not what it takes.",
    "Mend what the message names; `skein COMMAND --help` tells what is taken.",
  ],
  MESSAGE_MISPLACED: [
    "A message came over a destination where messages of its type are not heard.",
    "See where its sender publishes; `topics.overrides` names other destinations.",
  ],
  DIALECT_LACKS: [
    "The older kit has no message that says this.",
    "Leave `dialect: deploykit` out for this type: `skein` reads it all the same.",
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
    "This is not a repository that Skein can use.",
    "Make it one with `git init --bare` (or `svnadmin create`), or correct the path.",
  ],
  MIRROR_UNREACHABLE: [
    "A repository cannot be fetched into its mirror.",
    "See that its URL is right and that this user may read it.",
  ],
  MIRROR_DAMAGED: [
    "A host's mirror of a repository is damaged, and could not be fetched anew.",
    "See why it cannot be fetched; then deploy again. Look at the disk: files do not damage themselves.",
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
  // announcers
  SVN_FAILED: [
    "Subversion's `svnlook` refused a question about a repository.",
    "Read the quoted end of its output; the user who runs the announcer must be able to read the repository.",
  ],
  // layers of configuration
  LAYER_INVALID: [
    "Layers of an app's configuration cannot be read, or contradict each other.",
    "Mend every listed line. To change the type of a value, delete it in one layer and say it in a later one.",
  ],
  LAYER_OPEN: [
    "Layers of an app's configuration leave a value open.",
    "Give it in a later layer: of this environment, this cluster or this host.",
  ],
  LAYER_SECRET: [
    "A secret that a layer names cannot be had on this host.",
    "See that the file, variable or program that it names is there, and that the agent may read it.",
  ],
  TEMPLATE_INVALID: [
    "A template of an app cannot be filled in.",
    "Mend the line that the message names: a name that no layer gives is written nowhere.",
  ],
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
  CHECKOUT_TREE: [
    "The folder that an app is checked out into, in place, is not there, or is no folder.",
    "Make it, for the user that the app runs as, or correct `apps.NAME.tree`.",
  ],
  PART_DIFFERS: [
    "The hosts have a part of a site, which was not named, at different revisions.",
    "Name that part, too: `skein deploy APP PART=REF PART=REF`.",
  ],
  USER_DATA_MISSING: [
    "What is to be linked into each release of a site is not there on the host.",
    "Make the folder that the message names, or correct `apps.NAME.user-data`.",
  ],
  RELEASE_MISFIT: [
    "An app was asked to take a release of something that it is not made of.",
    "The configurations of this host and of whoever asked differ: see `apps.NAME.driver` and, of a site, its parts.",
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
  TREE_PATH: [
    "The revision holds a path that leads out of the release, or into a `.git` of it: no program makes such a one by accident.",
    "Find out who pushed it, and how; take it out of the repository.",
  ],
  TREE_SYMLINK: [
    "The revision holds a symbolic link that leads out of the release.",
    "Remove the link, or set `symlinks: any` for the app.",
  ],
  SHARED_FILE_WRITTEN: [
    "An app, or somebody, wrote into files that several of its releases share as hard links: former releases hold that now as well.",
    "Let the app write below `shared/` only, or leave `hardlink` out of `apps.NAME.share`; deploy with `--force` what must be as it was.",
  ],
  TREE_LIMIT: [
    "The revision has more files, more bytes or longer paths than a release of the app may have.",
    "Raise `max-files` or `max-bytes` of the app, or take out of the repository what should not be there.",
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
  CONTROL_MISSING: [
    "The folder of the host that the scripts of an app come from is not there.",
    "Make it, or correct `apps.NAME.control`.",
  ],
  CONTROL_UNSAFE: [
    "Somebody else could change a script that the agent would run.",
    "Do what the message says: scripts of the host belong to root, or to the user that they run as, and only to them.",
  ],
  // ready-made scripts
  INSTALL_LOCK_MISSING: [
    "The release has no lock file that its dependencies could be installed by.",
    "Commit the file that the message names, or take `install` out of `apps.NAME.run`.",
  ],
  MIGRATION_UNORDERED: [
    "Several hosts would go first at once, so that none of them could run the migration before the others.",
    "Set `strategy.canary` to 1, or deploy with `--canary 1`.",
  ],
  WARM_UP_FAILED: [
    "The app did not answer what was to warm it up.",
    "Read the quoted answer and the app's own log.",
  ],
  CHECK_FAILED: [
    "The app did not answer its check after it was published.",
    "Read the quoted answer and the app's own log.",
  ],
  DISK_FULL: ["There is no space left to build a release.", "Free space, or lower `keep`."],
  DISK_READ_ONLY: [
    "A file system of this host cannot be written to: the message names the file.",
    "See in the kernel's log why (dmesg), mend that, and mount it for writing again; then deploy again.",
  ],
  DISK_DENIED: [
    "The agent, or the app's user, may not read or write a file or folder on this host: the message names it.",
    "See whose it is, and whether it is locked (ls -ld, lsattr -d); give it back, and deploy again.",
  ],
  CURRENT_NOT_LINK: [
    "`current` is not a symbolic link, so it cannot be replaced at once.",
    "Move it away: mv current current.old",
  ],
  DEPLOY_INTERRUPTED: ["The host went down in the middle of a script.", "Deploy again."],
  // packages
  PACKAGE_REFUSED: [
    "A package that was uploaded did not get into the archive; it lies in `rejected`, with the reason beside it.",
    "Mend what the reason names, and upload it again.",
  ],
  ARCHIVE_UNREACHABLE: [
    "An archive of packages cannot be read, or does not hold what it says.",
    "See that its address is right and its server answers; a mirror in the middle of an update mends itself.",
  ],
  ARCHIVE_SIGNATURE: [
    "The signature of an archive of packages is wrong, or of a key that is not trusted.",
    "Compare the key with that of its owner; if it changed rightly, install the new one.",
  ],
  ARCHIVE_EXPIRED: [
    "What an archive of packages says of itself is no longer valid.",
    "See that its owner still publishes it, and that the clocks are right.",
  ],
  APT_MISSING: [
    "This host is to watch packages, but has no apt, or a file of its sources is not there.",
    "Leave `apt-watcher` out of the configuration here, or mend the path in `sources`.",
  ],
  APT_LOCKED: [
    "Another program held the lock of apt for too long.",
    "See what it is and whether it still works: the reason names the process.",
  ],
  APT_FORBIDDEN: [
    "This user may not refresh the lists of apt, or install packages.",
    "Give it the lines for sudo of the guide, and set `apt-watcher.privilege`.",
  ],
  APT_FAILED: ["A program of apt ended with an error.", "Read the quoted end of its output; run it by hand."],
  PACKAGE_NOT_VISIBLE: [
    "A package was announced, but the source that this host has does not show it.",
    "See whether the host has the right suite and component, and whether its mirror lags behind.",
  ],
  // checkouts
  CHECKOUT_BLOCKED: [
    "Something that was not checked out stands where a checkout should go.",
    "Move it away, or choose another place (`target`, `tree`): nothing is overwritten unasked.",
  ],
  CHECKOUT_BUSY: [
    "Another process updates this checkout.",
    "Nothing: it is tried again. If it stays so, see which other `repo-updater` has the same state folder.",
  ],
  // CI servers
  CI_UNREACHABLE: [
    "A CI server does not answer, or only with an error of its own.",
    "See whether it runs; it is asked again until the patience for it is over.",
  ],
  CI_REFUSED: [
    "A CI server does not let this user, or this token, do what is asked.",
    "Mend `user` and `token` of the server, or what they may do there; then push again.",
  ],
  CI_JOB_UNKNOWN: [
    "A CI server has no job of this name, or does not show it to this user.",
    "Mend `job`: folders are divided by slashes, and spaces are just written.",
  ],
  CI_JOB_DISABLED: ["The job is disabled on its CI server.", "Enable it there; then push again."],
  CI_PARAMETERS: [
    "A CI server does not take the parameters of a job.",
    "Give a job that has parameters at least one in `parameters`, and one that has none no `parameters`.",
  ],
  CI_ANSWER: [
    "A CI server answers what such a server does not say: a page to log in with, a redirect, or far too much.",
    "See that `url` is the address of the server itself, not of something before it.",
  ],
  CI_BUILD_LOST: [
    "What became of a build cannot be learnt: its CI server does not know it any more, or it took too long.",
    "Look at the job on its server, and push or build again.",
  ],
  CI_OTHER_REVISION: [
    "A CI server built another revision than the one that was pushed.",
    "Let the job build the revision that it is given: send `{revision}` in `parameters`.",
  ],
  BUILD_UNCLEAR: [
    "What a CI server says of a build does not tell which revision of which repository it is.",
    "Say what the message names: `--repository`, `--ref`, or the job in the configuration.",
  ],
  BUILD_ENDED: ["The build has ended already.", "`skein log BUILD` tells how."],
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
  // access
  ACCESS_FILE: [
    "The file of a site's logins cannot be written, or was made by somebody else.",
    "Mend what the message quotes. A file that was there before: mv FILE FILE.old, and grant again.",
  ],
  ACCESS_CHECK: [
    "The web server finds its configuration wrong, so it was not told to read it again; it goes on as before.",
    "Mend what it complains of. It is tried again by itself; nothing has to be granted anew.",
  ],
  ACCESS_RELOAD: [
    "The web server could not be told to read its configuration again.",
    "See that it runs, and that this user may tell it: `access.sites.NAME.reload`. It is tried again by itself.",
  ],
  ACCESS_TOO_LONG: [
    "A login would be good for longer than the host allows.",
    "Ask for less with `--for`, or raise `access.longest` there.",
  ],
  ACCESS_OLDER_KIT: [
    "Somebody asked for a login in the older kit's way: unsigned, the password in clear. It is not allowed for this site.",
    "Use `skein access grant SITE USER`. Where the older way must go on: `access.older-kit: true`, and the site in `access.older-kit-sites`; then whoever may publish to that topic lets himself in.",
  ],
  // artifacts
  STORE_UNKNOWN: [
    "No artifact store of this name is configured, or it was not said which.",
    "Add it to `stores:`, or name one with `--store`.",
  ],
  STORE_UNREACHABLE: [
    "An artifact store does not answer, or is not there.",
    "See that its server runs, or that its folder is mounted; a deploy can be asked for again.",
  ],
  STORE_REFUSED: [
    "An artifact store does not let this user do what is asked.",
    "Mend its keys, or what they may do there; one over HTTP can only be read from.",
  ],
  ARTIFACT_UNKNOWN: [
    "The store has no such artifact, or no such version of it.",
    "`skein artifact versions APP` lists what there is.",
  ],
  ARTIFACT_THERE: [
    "The store has this version already, with other contents: a version never changes.",
    "Put it as another version, or delete the one that is there.",
  ],
  ARTIFACT_INVALID: [
    "What a store says of an artifact cannot be read, or does not fit its place.",
    "Put it again as another version.",
  ],
  ARTIFACT_UNSIGNED: [
    "An artifact is not signed, and only signed ones are taken.",
    "Put it with `--sign`, or set `artifact.verify: if-there` for the app.",
  ],
  ARTIFACT_COMPAT: [
    "An artifact is of a level of `deploy_compat` that the app does not take.",
    "Build it for a level that is taken, or change `artifact.compat` of the app.",
  ],
  E_DIGEST: [
    "The bytes of an artifact are not those that its digest was taken of.",
    "It was damaged, or changed, in the store or on its way. Put it again, as another version.",
  ],
  E_TAR_PATH: [
    "A member of an archive, or a link in it, leads to where it must not.",
    "Pack it without the member that the message names; links must be relative, and stay within.",
  ],
  E_TAR_TYPE: [
    "An archive holds something that is neither file, folder nor link.",
    "Pack it without the member that the message names.",
  ],
  E_TAR_MODE: [
    "An archive holds a program that would run as its owner.",
    "Take the bit away before packing: chmod u-s,g-s.",
  ],
  E_TAR_LIMIT: [
    "An archive is larger, or has more members, than is allowed.",
    "Raise `artifact.limits` of the app, if it should be.",
  ],
  E_TAR_ROOTS: [
    "What is in an archive does not all lie in one folder.",
    "Pack one folder: tar -czf shop.tar.gz shop",
  ],
  E_TAR_DUPLICATE: [
    "An archive holds a path twice.",
    "Pack it anew; `tar -r` adds a second time what is there already.",
  ],
  E_TAR_TRUNCATED: ["An archive ends before its end.", "Pack it again; the disk may have been full."],
  E_TAR_FORMAT: [
    "An archive cannot be read: it is no tar, or damaged.",
    "It must be a tar, plain or packed with gzip, xz or zstd (those programs must be on the host).",
  ],
  // containers
  ENGINE_UNREACHABLE: [
    "Docker, or Podman's service, does not answer on its socket, or not in time.",
    "See that it runs and that the agent may use the socket that `engine` of the app names.",
  ],
  ENGINE_REFUSED: [
    "The container engine does not do what is asked; the message holds its words.",
    "Mend what it says. What it is asked for stands in the app's configuration.",
  ],
  IMAGE_UNKNOWN: [
    "The container engine has no such image, or cannot pull it.",
    "See that the registry has it under this digest; deploy with `--force` where an image was removed by hand.",
  ],
  IMAGE_INVALID: [
    "An artifact is no archive of one image.",
    "Make it with `docker save NAME:TAG` or `podman save --format docker-archive NAME:TAG`, one image in each.",
  ],
  CONTAINER_ENDED: [
    "What runs in a new container ended by itself; the message holds its last words.",
    "Mend the image, or what it is given: `env`, `volumes`, `command`.",
  ],
  CONTAINER_NOT_READY: [
    "A new container runs, but does not answer in time; the message holds its last words.",
    "See that the app listens on `port` on all addresses, and that `ready` asks for what it answers; `ready.deadline` may be too short.",
  ],
  CONTAINER_PORTS: [
    "No port of 127.0.0.1 is left for a container.",
    "Widen `ports` of the app, or keep fewer former releases.",
  ],
  CONTAINER_VOLUME: [
    "Something that a container is to see of the host is not there, or is not of the release.",
    "Make it, or mend `volumes` of the app.",
  ],
  TRAFFIC_UNREACHABLE: [
    "Whatever sends visitors to an app does not answer, or not in time.",
    "See that it runs and that the agent may use its socket, which `switch` or `drain` of the app names.",
  ],
  TRAFFIC_REFUSED: [
    "Whatever sends visitors to an app does not switch; the message holds its words.",
    "Mend what the message names: a backend for `switch` needs two servers, a socket the level admin, a program has to end with 0.",
  ],
} as const satisfies Record<string, readonly [meaning: string, advice: string]>;

/** The stable name of an error. */
export type Code = keyof typeof codes;

/** What a person can do about an error that was told with its code, perhaps by another version. */
export function adviceFor(code: string | undefined): string | undefined {
  return code !== undefined && Object.hasOwn(codes, code) ? codes[code as Code][1] : undefined;
}
