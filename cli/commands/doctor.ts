import { pause } from "../../lib/effects/clock.ts";
import { execFileSync } from "node:child_process";
import { statSync } from "node:fs";
import { join } from "node:path";
import colours from "picocolors";
import { findConfig, loadConfig } from "../../lib/config/load.ts";
import { Failure, reasonOf } from "../../lib/failure.ts";
import { message } from "../../lib/messages/catalogue.ts";
import { newCommandId } from "../../lib/security/command.ts";
import { allowedSignerLine } from "../../lib/security/allowed-signers.ts";
import { namespaces } from "../../lib/security/namespaces.ts";
import { trustFolder } from "../../lib/security/trust.ts";
import { defineCommand } from "../command.ts";
import { DAEMON_NAMES } from "../daemons.ts";
import { principalHere, signerHere } from "../foundation.ts";
import { takeInventory } from "../inventory.ts";
import { print, printJson } from "../output.ts";
import { openSession, type Session } from "../session.ts";
import { isWanted, type Settings, settingsSchema } from "../settings.ts";

/** One thing that was looked at. */
interface Finding {
  readonly what: string;
  readonly ok: boolean;
  readonly says: string;
  /** The command, or the change, that mends it. */
  readonly mend?: string;
}

export const doctor = defineCommand({
  options: (yargs) => yargs,
  run: async (args) => {
    const findings: Finding[] = [];
    const look = async <Value>(
      what: string,
      mend: string,
      see: () => Promise<{ says: string; value: Value }>,
    ): Promise<Value | undefined> => {
      try {
        const { says, value } = await see();
        findings.push({ what, ok: true, says });
        return value;
      } catch (error) {
        findings.push({
          what,
          ok: false,
          says: reasonOf(error),
          mend: error instanceof Failure ? error.advice : mend,
        });
        return undefined;
      }
    };
    await look("git", "Install git.", () =>
      seen(execFileSync("git", ["--version"], { encoding: "utf8" }).trim(), undefined),
    );
    const settings = await look("configuration", "Run: skein init", () => {
      const file = findConfig(args.config);
      return seen(file, loadConfig(file, settingsSchema));
    });
    if (settings !== undefined) await lookAt(settings, look, args.config);
    for (const finding of findings) {
      if (args.json) printJson(finding);
      else print(shown(finding));
    }
    return findings.every(({ ok }) => ok) ? 0 : 1;
  },
});

type Look = <Value>(
  what: string,
  mend: string,
  see: () => Promise<{ says: string; value: Value }>,
) => Promise<Value | undefined>;

const seen = <Value>(says: string, value: Value) => Promise.resolve({ says, value });

async function lookAt(settings: Settings, look: Look, config: string | undefined): Promise<void> {
  await look("state folder", `chmod 700 ${settings.state}`, () => {
    const mode = statSync(settings.state).mode & 0o777;
    if ((mode & 0o022) !== 0)
      throw new Error(`others may write to ${settings.state} (mode ${mode.toString(8)})`);
    return seen(`${settings.state} is closed to others`, undefined);
  });
  const trust = await look("trust", "Run: skein init", () => {
    const read = trustFolder(join(settings.state, "trust")).current();
    const { signers, policy, revoked } = read;
    return seen(
      `${signers.length} signers, ${policy.rules.length} rules, ${revoked.size} revoked keys; unsigned commands are refused`,
      read,
    );
  });
  await look("your key", "Run: skein init", async () => {
    const { origin, fingerprint, publicKey } = await signerHere(settings.state);
    const known = trust?.signers.some(({ key }) => key.fingerprint === fingerprint) ?? false;
    if (!known)
      throw new Error(
        `${origin} (${fingerprint}) is not in allowed_signers; add: ${allowedSignerLine(principalHere(), [namespaces.deploy], publicKey)}`,
      );
    return { says: `${origin} (${fingerprint})`, value: undefined };
  });
  const session = await look("broker", "Run: skein up", async () => ({
    says: "answers, and takes the login",
    value: await openSession({ config }),
  }));
  if (session === undefined) return;
  try {
    await lookAround(session, look);
  } finally {
    await session.close();
  }
}

async function lookAround(session: Session, look: Look): Promise<void> {
  const expected = DAEMON_NAMES.filter((name) => isWanted(name, session.settings));
  await look("hosts", "Run: skein agent", async () => {
    const inventory = await takeInventory(session);
    const away = inventory.filter(({ present }) => !present).map(({ report }) => report.host);
    if (away.length > 0) throw new Error(`${away.join(", ")} did not answer`);
    if (inventory.length === 0) throw new Error("no host answers");
    return { says: `${inventory.length} answer`, value: undefined };
  });
  await look(
    "daemons",
    `Run: skein up, or skein run ${DAEMON_NAMES.filter((name) => name !== "agent").join(" ")}`,
    async () => {
      const heard = new Set<string>();
      await session.hear(["daemon.alive"], ({ data }) => void ("daemon" in data && heard.add(data.daemon)));
      await session.say(message("host.asked", { question: newCommandId(), refs: false }));
      const until = Date.now() + ALIVE_WITHIN;
      while (!expected.every((name) => heard.has(name)) && Date.now() < until) await pause(50);
      const silent = expected.filter((name) => !heard.has(name));
      if (silent.length > 0) throw new Error(`not heard: ${silent.join(", ")}`);
      return { says: `all ${heard.size} are alive`, value: undefined };
    },
  );
}

/** Daemons answer at once when the roll is called; milliseconds. */
const ALIVE_WITHIN = 5_000;

function shown({ what, ok, says, mend }: Finding): string {
  const mark = ok ? colours.green("ok   ") : colours.red("wrong");
  const lines = says.split("\n").join("\n                       ");
  return `${mark}  ${what.padEnd(14)}  ${lines}${mend === undefined ? "" : `\n${" ".repeat(23)}${colours.bold(mend)}`}`;
}
