import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { findConfig, loadConfig } from "../../lib/config/load.ts";
import { writeWhole } from "../../lib/effects/files.ts";
import { defineCommand } from "../command.ts";
import { prepareTrust, signerHere } from "../foundation.ts";
import { print, printJson } from "../output.ts";
import { settingsSchema } from "../settings.ts";

const TEMPLATE = `# Skein's configuration. \`skein check\` reads it; every key is in docs/reference/configuration.md.
state: .skein

# Repositories that Skein follows. Announce their pushes with: skein hook install PATH
repositories: {}
#  shop:
#    url: /srv/git/shop.git     # or https://, ssh://
#    ci: true                   # build each push by its .skein.yml

# What gets deployed, from which repository, to which folder of which hosts.
apps: {}
#  shop:
#    repository: shop
#    root: /srv/shop
#    hosts: "web*"
#    requires: [build]
#    check: { url: "http://127.0.0.1:8080/health", contains: "{revision}" }
`;

export const init = defineCommand({
  options: (yargs) => yargs,
  run: async (args) => {
    const made: string[] = [];
    const file = resolve(args.config ?? process.env["SKEIN_CONFIG"] ?? "skein.yaml");
    if (!existsSync(file)) {
      await writeWhole(file, TEMPLATE);
      made.push(file);
    }
    const { state } = loadConfig(findConfig(file), settingsSchema);
    made.push(...(await prepareTrust(state)));
    const signer = await signerHere(state);
    if (args.json) printJson({ config: file, made, key: signer.fingerprint, origin: signer.origin });
    else {
      for (const each of made) print(`made ${each}`);
      if (made.length === 0) print("everything is there already");
      print(`you sign with ${signer.origin} (${signer.fingerprint})`);
      print("next: say in skein.yaml what to deploy, then: skein up");
    }
    return 0;
  },
});
