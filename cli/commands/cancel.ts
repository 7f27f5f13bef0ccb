import { Failure } from "../../lib/failure.ts";
import { message } from "../../lib/messages/catalogue.ts";
import { buildId } from "../../lib/schema/names.ts";
import { newCommandId } from "../../lib/security/command.ts";
import { defineCommand } from "../command.ts";
import { principalHere, signerHere } from "../foundation.ts";
import { print, printJson } from "../output.ts";
import { signed } from "../rollouts.ts";
import { type Session, withSession } from "../session.ts";
import { theOne } from "../subjects.ts";

export const cancel = defineCommand({
  options: (yargs) =>
    yargs
      .positional("id", {
        type: "string",
        demandOption: true,
        describe: "The rollout or the build; its first characters are enough",
      })
      .option("why", { type: "string", default: "", describe: "For the history" })
      .option("key", { type: "string", describe: "The private key to sign with" }),
  run: (args) =>
    withSession(args, async (session) =>
      // Only ids of builds have one: JOB@REVISION.
      args.id.includes("@") ? cancelBuild(args, session) : cancelRollout(args, session),
    ),
});

interface Arguments {
  readonly id: string;
  readonly why: string;
  readonly key: string | undefined;
  readonly json: boolean;
}

async function cancelBuild({ id, why, json }: Arguments, { ledger, say }: Session): Promise<number> {
  // One that waits on its server is not known yet: its whole id is taken as it is.
  const whole = buildId.safeParse(id).data;
  const build = whole ?? buildId.parse(await theOne(ledger, id, "a build"));
  const said = (await ledger.about(build)).map(({ type }) => type);
  if (said.lastIndexOf("build.finished") > said.lastIndexOf("build.started"))
    throw new Failure("BUILD_ENDED", `Cannot end the build ${build}: it has ended already`);
  await say(message("build.cancelled", { build, by: principalHere(), why, at: new Date().toISOString() }));
  if (json) printJson({ build });
  else print(`asked for the end of build ${build}`);
  return 0;
}

async function cancelRollout({ id, why, key, json }: Arguments, { ledger, say, settings }: Session) {
  const started = await ledger.newest(["rollout.started"], 1_000);
  const found = started.filter(({ data }) => data.rollout.startsWith(id));
  const [only] = found;
  if (only === undefined || found.length > 1)
    throw new Failure(
      "ROLLOUT_UNKNOWN",
      `Cannot cancel ${JSON.stringify(id)}: ${found.length === 0 ? "no rollout begins so" : `${found.length} rollouts begin so`}`,
    );
  const { rollout, app, environment } = only.data;
  const iat = Math.floor(Date.now() / 1_000);
  const command = await signed(
    { v: 1, kind: "cancel", id: newCommandId(), app, environment, rollout, iat, exp: iat + 900, why },
    await signerHere(settings.state, key),
  );
  await say(message("rollout.cancelled", { rollout, command }));
  if (json) printJson({ rollout });
  else print(`asked for the end of rollout ${rollout}`);
  return 0;
}
