import { Failure } from "../../lib/failure.ts";
import { message } from "../../lib/messages/catalogue.ts";
import { newCommandId } from "../../lib/security/command.ts";
import { defineCommand } from "../command.ts";
import { signerHere } from "../foundation.ts";
import { print, printJson } from "../output.ts";
import { signed } from "../rollouts.ts";
import { withSession } from "../session.ts";

export const cancel = defineCommand({
  options: (yargs) =>
    yargs
      .positional("id", {
        type: "string",
        demandOption: true,
        describe: "The rollout; its first characters are enough",
      })
      .option("why", { type: "string", default: "", describe: "For the history" })
      .option("key", { type: "string", describe: "The private key to sign with" }),
  run: (args) =>
    withSession(args, async ({ ledger, say, settings }) => {
      const started = await ledger.newest(["rollout.started"], 1_000);
      const found = started.filter(({ data }) => data.rollout.startsWith(args.id));
      const [only] = found;
      if (only === undefined || found.length > 1)
        throw new Failure(
          "ROLLOUT_UNKNOWN",
          `Cannot cancel ${JSON.stringify(args.id)}: ${found.length === 0 ? "no rollout begins so" : `${found.length} rollouts begin so`}`,
        );
      const { rollout, app, environment } = only.data;
      const iat = Math.floor(Date.now() / 1_000);
      const command = await signed(
        {
          v: 1,
          kind: "cancel",
          id: newCommandId(),
          app,
          environment,
          rollout,
          iat,
          exp: iat + 900,
          why: args.why,
        },
        await signerHere(settings.state, args.key),
      );
      await say(message("rollout.cancelled", { rollout, command }));
      if (args.json) printJson({ rollout });
      else print(`asked for the end of rollout ${rollout}`);
      return 0;
    }),
});
