import { cpSync, existsSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { simpleGit } from "simple-git";
import { stringify } from "yaml";
import { makeFolder, writeWhole } from "../../lib/effects/files.ts";
import { type Revision, revision } from "../../lib/schema/names.ts";

/** Everything that the demonstration stands on: a central repository, a developer's clone, three hosts. */
export interface Stage {
  readonly folder: string;
  readonly central: string;
  readonly work: string;
  readonly config: string;
  readonly state: string;
  readonly hosts: readonly DemoHost[];
}

export interface DemoHost {
  readonly host: string;
  readonly port: number;
  readonly root: string;
}

const HOSTS = ["web1", "web2", "web3"] as const;
const SAMPLE = fileURLToPath(new URL("../../../examples/shop", import.meta.url));

/** Sets the stage in a folder; what is there already is used as it is. */
export async function setStage(folder: string, firstPort: number | undefined): Promise<Stage> {
  const stage = {
    folder,
    central: join(folder, "shop.git"),
    work: join(folder, "work"),
    config: join(folder, "skein.yaml"),
    state: join(folder, "state"),
    hosts: await Promise.all(
      HOSTS.map(async (host, index) => ({
        host,
        port: await freePort(firstPort === undefined ? 0 : firstPort + index),
        root: join(folder, "hosts", host, "shop"),
      })),
    ),
  };
  await makeFolder(folder, 0o700);
  for (const { root } of stage.hosts) await makeFolder(root);
  await writeWhole(stage.config, configuration(stage));
  if (!existsSync(stage.work)) await makeRepositories(stage);
  return stage;
}

/** A central repository as a git server has it, and a clone as a developer has it, with the sample app committed. */
async function makeRepositories({ central, work }: Stage): Promise<void> {
  await makeFolder(central);
  await simpleGit(central).init(true, ["--initial-branch=main"]);
  await makeFolder(work);
  const git = simpleGit(work);
  await git.init(false, ["--initial-branch=main"]);
  await git.addConfig("user.name", "Dana Developer").addConfig("user.email", "dana@example.com");
  await git.addRemote("origin", central);
  cpSync(SAMPLE, work, { recursive: true });
  await git.add(".").commit("Open the shop");
}

/** Pushes what the developer committed, and says which revision that is. */
export async function push({ work }: Stage): Promise<Revision> {
  const git = simpleGit(work);
  const { tracking, ahead } = await git.status();
  // On a stage that was used before everything is pushed, and then nothing would be announced.
  if (tracking !== null && ahead === 0)
    await git.commit("Open the shop once more", undefined, { "--allow-empty": null });
  await git.push(["--quiet", "--set-upstream", "origin", "main"]);
  return revision.parse(await git.revparse(["HEAD"]));
}

function configuration({ hosts }: Stage): string {
  return `# The configuration of the demonstration: one repository, one app, three hosts on one machine.
${stringify({
  state: "state",
  broker: { listen: "127.0.0.1:0" },
  repositories: { shop: { url: "./shop.git", ci: true } },
  apps: {
    shop: {
      repository: "shop",
      root: "hosts/{host}/shop",
      hosts: "role=web",
      requires: ["build"],
      strategy: { canary: 1, batches: "100%", "on-failure": "rollback" },
      check: { url: "http://127.0.0.1:{label.port}/health", contains: "{revision}", deadline: "5s" },
    },
  },
  up: { hosts: hosts.map(({ host, port }) => ({ host, labels: { role: "web", port: String(port) } })) },
})}`;
}

/** A port that is free now: the wanted one, or any. */
async function freePort(wanted: number): Promise<number> {
  const tryPort = (port: number) =>
    new Promise<number | undefined>((resolve) => {
      const server = createServer();
      server.once("error", () => resolve(undefined));
      server.listen(port, "127.0.0.1", () => {
        const address = server.address();
        server.close(() =>
          resolve(typeof address === "object" && address !== null ? address.port : undefined),
        );
      });
    });
  return (await tryPort(wanted)) ?? (await tryPort(0)) ?? 0;
}
