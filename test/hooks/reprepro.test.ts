import { spawnSync } from "node:child_process";
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { installReprepro, uninstallReprepro } from "../../lib/effects/hooks/reprepro.ts";
import {
  withEndhook,
  withNotifier,
  withoutEndhook,
  withoutNotifier,
} from "../../lib/effects/hooks/reprepro-configuration.ts";
import { aPackage, anArchive, type TestArchive } from "../support/archive.ts";
import { describeNeeding } from "../support/needing.ts";

const shipped = (name: string) => join(import.meta.dirname, "../../hooks", `reprepro-${name}`);

const install = ({ base, folder }: TestArchive) =>
  installReprepro({
    base,
    name: "lab",
    spool: join(folder, "spool"),
    notifier: shipped("notifier"),
    endhook: shipped("endhook"),
  });
const spooled = ({ folder }: TestArchive): string[] =>
  readdirSync(join(folder, "spool"))
    .filter((name) => name.startsWith("packages-"))
    .map((name) => readFileSync(join(folder, "spool", name), "utf8"));
const POOL = "pool/main/k/kit-hello";

describeNeeding({ reprepro: "reprepro", "dpkg-deb": "dpkg" }, "the hooks of a real reprepro", () => {
  test("one run leaves one file, with every change in the order in which it was made", async () => {
    const archive = anArchive({ architectures: "amd64 arm64" });
    await install(archive);
    archive.publish("kit-hello", "1.0");
    expect(spooled(archive)).toEqual([
      `archive lab\nreprepro add bookworm deb main amd64 kit-hello 1.0 -- ${POOL}/kit-hello_1.0_all.deb\n` +
        `reprepro add bookworm deb main arm64 kit-hello 1.0 -- ${POOL}/kit-hello_1.0_all.deb\nend\n`,
    ]);
    expect(readdirSync(join(archive.base, "conf", "skein")).sort()).toEqual([
      "endhook",
      "name",
      "notifier",
      "spool",
    ]);
  });

  test("what is in the spool can be seen in the exported lists already", async () => {
    const archive = anArchive();
    await install(archive);
    const watching = join(archive.folder, "seen");
    const before = join(archive.base, "conf", "look");
    writeFileSync(
      before,
      `#!/bin/sh\nls '${archive.folder}/spool' >'${watching}'; grep -h Version '${archive.base}'/dists/bookworm/main/binary-amd64/Packages >>'${watching}'\n`,
    );
    chmodSync(before, 0o755);
    writeFileSync(join(archive.base, "conf", "skein", "before"), `${before}\n`);
    archive.publish("kit-hello", "1.0");
    expect(readFileSync(watching, "utf8")).toMatch(/^packages-\S+\nVersion: 1\.0\n$/);
  });

  test("a replacement and a removal name both versions; a run that changes nothing says nothing", async () => {
    const archive = anArchive();
    await install(archive);
    archive.publish("kit-hello", "1.0");
    rmSync(join(archive.folder, "spool"), { recursive: true });
    mkdirSync(join(archive.folder, "spool"));
    const newer = archive.publish("kit-hello", "1.1");
    expect(archive.reprepro("includedeb", "bookworm", newer).status).toBe(0);
    expect(spooled(archive)).toEqual([
      `archive lab\nreprepro replace bookworm deb main amd64 kit-hello 1.1 1.0 -- ${POOL}/kit-hello_1.1_all.deb -- ${POOL}/kit-hello_1.0_all.deb\nend\n`,
    ]);
    archive.reprepro("remove", "bookworm", "kit-hello");
    expect(spooled(archive).join("")).toContain("reprepro remove bookworm deb main amd64 kit-hello 1.1 -- ");
  });

  test("reprepro ends as it would have, and an endhook that was there has the last word", async () => {
    const archive = anArchive();
    const broken = join(archive.folder, "broken_1_all.deb");
    writeFileSync(broken, "not a deb\n");
    await install(archive);
    expect(archive.reprepro("includedeb", "bookworm", broken).status).toBe(255);
    await uninstallReprepro(archive.base);
    const older = join(archive.base, "conf", "older");
    writeFileSync(older, '#!/bin/sh\necho "older $REPREPRO_EXIT_CODE $1" >&2\nexit 7\n');
    chmodSync(older, 0o755);
    writeFileSync(join(archive.base, "conf", "options"), "endhook older\n");
    await install(archive);
    const { status, stderr } = archive.reprepro("includedeb", "bookworm", broken);
    expect(status).toBe(7);
    expect(stderr).toContain("older 255 includedeb\n");
  });

  test("where the spool cannot be written nothing is lost: the next run hands it over", async () => {
    const archive = anArchive();
    await install(archive);
    rmSync(join(archive.folder, "spool"), { recursive: true });
    const file = aPackage(archive.folder, "kit-hello", "1.0");
    const { status, stderr } = archive.reprepro("includedeb", "bookworm", file);
    expect(status).toBe(0);
    expect(stderr).toContain("skein: changes of this archive cannot be announced yet");
    mkdirSync(join(archive.folder, "spool"));
    archive.reprepro("list", "bookworm");
    expect(spooled(archive)).toEqual([
      expect.stringContaining("add bookworm deb main amd64 kit-hello 1.0 --"),
    ]);
  });

  test("what a run left that was killed is handed over by the next one, once", async () => {
    const archive = anArchive();
    await install(archive);
    // No process has so high a number.
    writeFileSync(
      join(archive.base, "conf", "skein", "changes-99999999"),
      "reprepro add bookworm deb main amd64 kit-hello 1.0 -- x\n",
    );
    // Of one that runs.
    const running = join(archive.base, "conf", "skein", `changes-${process.pid}`);
    writeFileSync(running, "reprepro add bookworm deb main amd64 kit-other 1.0 -- x\n");
    archive.reprepro("list", "bookworm");
    archive.reprepro("list", "bookworm");
    expect(spooled(archive)).toEqual([expect.stringContaining("kit-hello 1.0 -- x\nend\n")]);
    expect(existsSync(running)).toBe(true);
  });

  test("where the notifier cannot write, the package comes in all the same", async () => {
    const archive = anArchive();
    await install(archive);
    // A folder that is not there stops root, too.
    writeFileSync(
      join(archive.base, "conf", "skein", "notifier"),
      readFileSync(shipped("notifier"), "utf8").replace('"$folder/changes-$PPID"', '"$folder/none/changes"'),
    );
    const file = aPackage(archive.folder, "kit-hello", "1.0");
    const { status, stderr } = archive.reprepro("includedeb", "bookworm", file);
    expect([status, stderr]).toEqual([0, expect.stringContaining("skein: this change cannot be announced")]);
    expect(archive.reprepro("list", "bookworm").status).toBe(0);
  });

  test("it is taken out without a trace", async () => {
    const archive = anArchive({ more: "Log: changes.log\n --type=dsc other\nOrigin: Lab\n" });
    writeFileSync(join(archive.base, "conf", "options"), "verbose\nendhook +c/older\n");
    const before = [archive.conf("distributions"), archive.conf("options")];
    await install(archive);
    await install(archive);
    expect(archive.conf("distributions").match(/skein\/notifier/g)).toHaveLength(1);
    expect(archive.conf("options")).toBe(
      "verbose\n# before skein: endhook +c/older\nendhook skein/endhook\n",
    );
    expect(readFileSync(join(archive.base, "conf", "skein", "before"), "utf8")).toBe(
      `${archive.base}/conf/older\n`,
    );
    await uninstallReprepro(archive.base);
    expect([archive.conf("distributions"), archive.conf("options")]).toEqual(before);
    expect(existsSync(join(archive.base, "conf", "skein"))).toBe(false);
    await expect(uninstallReprepro(archive.base)).rejects.toThrow("Skein's hook is not there");
  });
});

test.runIf(process.getuid?.() === 0)(
  "installed by root, it belongs to whoever owns the archive",
  async () => {
    const archive = anArchive();
    const conf = join(archive.base, "conf");
    chownSync(conf, 65534, 65534);
    mkdirSync(join(archive.folder, "spool"));
    await expect(install(archive)).rejects.toThrow("user 65534, may not write to");
    expect(existsSync(join(conf, "skein"))).toBe(false);
    chmodSync(join(archive.folder, "spool"), 0o3770);
    await install(archive);
    expect(statSync(join(conf, "skein"))).toMatchObject({ uid: 65534, gid: 65534 });
  },
);

test("what is no base folder of reprepro is refused", async () => {
  await expect(uninstallReprepro("/nonexistent")).rejects.toMatchObject({ code: "HOOK_REFUSED" });
});

test.each([
  ["no distribution", "# nothing yet\n"],
  [
    "a Log of its own",
    "Codename: a\nLog: a.log\n --type=dsc x\nSuite: b\n\n\n# of b\nCodename: b\n# the end\n",
  ],
  ["a last line without its end", "Codename: a"],
  ["fields in lower case", "codename: a\nlog: x\n"],
])("the configuration is as it was after it was taken out: %s", (_what, text) => {
  const whole = text.endsWith("\n") ? text : `${text}\n`;
  const installed = withNotifier(text);
  expect(withNotifier(installed)).toBe(installed);
  expect(installed.match(/ skein\/notifier\n/g)?.length ?? 0).toBe(text.match(/codename:/gi)?.length ?? 0);
  expect(withoutNotifier(installed)).toBe(whole);
  const options = withEndhook(text).text;
  expect(withEndhook(options).text).toBe(options);
  expect(withoutEndhook(options)).toBe(whole);
});

test("the scripts are in POSIX shell", () => {
  for (const name of ["notifier", "endhook"])
    expect(spawnSync("dash", ["-n", shipped(name)], { encoding: "utf8" }).stderr).toBe("");
});
