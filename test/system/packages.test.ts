import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { stringify } from "yaml";
import { openSession, type Session } from "../../cli/session.ts";
import type { Envelope } from "../../lib/messages/envelope.ts";
import { anAptRoot } from "../support/apt-root.ts";
import { aPackage, anArchive } from "../support/archive.ts";
import { insistNothingRuns } from "../support/leftovers.ts";
import { describeNeeding } from "../support/needing.ts";
import { runSkein, startSkein } from "../support/program.ts";
import { until } from "../support/until.ts";

/** An archive and a host that has packages of it, and the program between them. */
function aSite() {
  const archive = anArchive({ signed: true });
  const { folder, base } = archive;
  const root = anAptRoot();
  archive.reprepro("export");
  const incoming = join(folder, "incoming");
  mkdirSync(incoming);
  const config = join(folder, "skein.yaml");
  const lab = { file: root.source("lab", `file:${base}`, { keyring: archive.key?.keyring }) };
  writeFileSync(
    config,
    stringify({
      state: "state",
      broker: { listen: "127.0.0.1:0" },
      "package-announcer": {
        reprepro: {
          lab: {
            base,
            "gnupg-home": archive.key?.home,
            incoming: { folder: incoming, distributions: ["bookworm"], settle: "50ms" },
          },
        },
      },
      "apt-watcher": {
        sources: { lab },
        packages: ["kit-*"],
        install: ["kit-hello"],
        "apt-config": root.config,
        debounce: "100ms",
        spacing: "100ms",
      },
    }),
  );
  // What a person at this machine has is not what is tested.
  const env = { PATH: process.env["PATH"] ?? "", HOME: folder, LANG: "C.UTF-8" };
  const surroundings = { cwd: folder, env };
  onTestFinished(async () => insistNothingRuns(folder));
  return {
    archive,
    root,
    incoming,
    skein: (...words: string[]) => runSkein([...words, "--config", config], surroundings),
    up: async () => {
      const running = startSkein(["up", "--config", config], surroundings);
      onTestFinished(async () => void (await running.stop()));
      await running.says("ready:");
      return running;
    },
    hear: async () => {
      const heard: Envelope[] = [];
      const session: Session = await openSession({ config });
      onTestFinished(() => session.close());
      await session.hear(["package.published", "package.upgradable"], (envelope) => heard.push(envelope));
      return heard;
    },
  };
}

const NEEDED = { reprepro: "reprepro", "apt-get": "apt", "dpkg-deb": "dpkg", gpg: "gnupg" };

describeNeeding(NEEDED, "packages, with the program as it is shipped", () => {
  test("a package that is taken into an archive is upgraded on the host that watches it", async () => {
    const site = aSite();
    site.root.install("kit-hello", "1.0");
    const installed = await site.skein("hook", "install", "--reprepro", site.archive.base);
    expect(installed).toMatchObject({ status: 0, stderr: "" });
    await site.up();
    const heard = await site.hear();
    site.archive.publish("kit-hello", "1.1");
    await until("the host is upgraded", () => site.root.versionOf("kit-hello") === "1.1");
    const upgraded = await until("it says so", () =>
      heard.find((each) => each.type === "package.upgradable" && each.data.upgraded !== undefined),
    );
    expect(upgraded.data).toMatchObject({ upgraded: [{ package: "kit-hello", from: "1.0", to: "1.1" }] });
    expect(heard.filter(({ type }) => type === "package.published")).toHaveLength(1);

    const announced = await site.skein("package", "announce", "kit-hello=1.1", "--suite", "bookworm");
    expect(announced).toMatchObject({ status: 0, stdout: "handed to the package-announcer: 1 package\n" });
    await until(
      "it is announced",
      () => heard.filter(({ type }) => type === "package.published").length === 2,
    );
    expect(await site.skein("package", "announce", "foo;rm")).toMatchObject({ status: 64, stdout: "" });
    expect(await site.skein("hook", "uninstall", "--reprepro", site.archive.base)).toMatchObject({
      status: 0,
    });
    expect(site.archive.conf("distributions")).not.toContain("skein");
  });

  test("killed in the middle of a folder of packages, it takes in each of them once", async () => {
    const site = aSite();
    const names = Array.from({ length: 6 }, (_, count) => `kit-n${count}`);
    const made = names.map((name) => aPackage(site.archive.folder, name, "1.0"));
    const drop = join(site.incoming, "bookworm");
    const first = await site.up();
    const heard = await site.hear();
    for (const file of made) copyFileSync(file, join(drop, file.split("/").at(-1) ?? ""));
    await until("the first ones are archived", () => readdirSync(join(drop, "archive")).length >= 2);
    await first.kill();
    await site.up();
    const again = await site.hear();
    const archived = () => readdirSync(join(drop, "archive"));
    await until("all are archived", () => archived().length === names.length);
    expect(readdirSync(join(drop, "rejected"))).toEqual([]);
    const list = readFileSync(join(site.archive.base, "dists/bookworm/main/binary-amd64/Packages"), "utf8");
    expect(list.match(/^Package: .*$/gm)).toEqual(names.map((name) => `Package: ${name}`));
    const told = new Set(
      [...heard, ...again].flatMap((each) => (each.type === "package.published" ? [each.data.package] : [])),
    );
    expect([...told].sort()).toEqual(names);
  });
});
