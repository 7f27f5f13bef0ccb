import {
  chmodSync,
  existsSync,
  lstatSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { announcer } from "../../../daemons/announcer.ts";
import { installForGitolite, uninstallForGitolite } from "../../../lib/effects/gitolite.ts";
import { installHook } from "../../../lib/effects/hooks.ts";
import { aFolder } from "../../support/folder.ts";
import { dataOf, given } from "../../support/given.ts";
import { aGitolite } from "../../support/gitolite.ts";
import { describeNeeding } from "../../support/needing.ts";

// Each sets up a server of its own.
vi.setConfig({ testTimeout: 60_000 });

const HOOK = join(import.meta.dirname, "../../../hooks/post-receive");

function theServer() {
  const folder = aFolder();
  const server = aGitolite(folder);
  const spool = join(folder, "spool", "announce");
  const repositories = join(server.home, "repositories");
  const daemon = given(announcer, {
    config: { poll: "1ms", sweep: "1h" },
    settings: {
      state: folder,
      repositories: {
        "team/site": { url: "git@host:team/site.git" },
        blog: { url: join(repositories, "people", "web-log.git") },
      },
    },
  });
  onTestFinished(async () => (await daemon.context()).deps.spool.close());
  return {
    ...server,
    folder,
    spool,
    repositories,
    common: join(server.home, ".gitolite", "hooks", "common", "post-receive"),
    install: (perRepository = false) =>
      installForGitolite({ home: server.home, spool, hook: HOOK, perRepository }),
    uninstall: () => uninstallForGitolite({ home: server.home }),
    daemon,
    pushes: async () =>
      dataOf("commit.pushed", await daemon.tick()).map(({ repository, ref, after, pusher }) => [
        repository,
        ref,
        after,
        pusher,
      ]),
    waiting: () => readdirSync(spool).filter((name) => name !== "rejected"),
  };
}

const MINE = "\nrepo team/site\n    RW+ = ana\n";

describeNeeding({ gitolite: "gitolite3" }, "with a real gitolite", () => {
  test("one hook announces all repositories under gitolite's names, also those that are made later, and who pushed", async () => {
    const server = theServer();
    const { configure, push, folder, install, common } = server;
    configure(MINE);
    expect(await install()).toEqual([common]);
    await install();
    const first = push("ana", "team/site", join(folder, "site"));
    expect(await server.pushes()).toEqual([["team/site", "refs/heads/main", first, "ana"]]);
    // Made by a push of the administrator; the configuration of Skein has it by its path.
    configure("\nrepo people/web-log\n    RW+ = ana\n");
    const second = push("ana", "people/web-log", join(folder, "blog"));
    expect(await server.pushes()).toEqual([["blog", "refs/heads/main", second, "ana"]]);
    // What nobody configured is nobody's trouble, whatever gitolite calls it.
    push("ana", "testing", join(folder, "testing"));
    configure("\nrepo a/b/c/d/e+f\n    RW+ = ana\n");
    push("ana", "a/b/c/d/e+f", join(folder, "deep"));
    expect(await server.pushes()).toEqual([]);
    expect([server.waiting(), existsSync(join(server.spool, "rejected")), server.daemon.logged]).toEqual([
      [],
      false,
      [],
    ]);
  });

  test("common hooks that were there go on working, wherever gitolite keeps them, and are put back", async () => {
    const server = theServer();
    const { configure, push, folder, install, uninstall, common, home, repositories } = server;
    const local = join(home, "local", "hooks", "common", "post-receive");
    writeFileSync(local, `#!/bin/sh\ncat >> ${folder}/older\n`);
    chmodSync(local, 0o755);
    configure(MINE);
    const site = join(repositories, "team", "site.git", "hooks");
    expect(readlinkSync(join(site, "post-receive"))).toBe(local);
    await install();
    await install();
    const head = push("ana", "team/site", join(folder, "site"));
    expect(readFileSync(join(folder, "older"), "utf8")).toContain(head);
    expect(await server.pushes()).toHaveLength(1);
    expect(await uninstall()).toEqual([common]);
    expect(existsSync(common)).toBe(false);
    expect(readlinkSync(join(site, "post-receive"))).toBe(local);
    expect(readdirSync(site).filter((name) => name.includes("skein"))).toEqual([]);
    // One where gitolite itself looks first.
    writeFileSync(common, `#!/bin/sh\ncat >> ${folder}/other\n`);
    chmodSync(common, 0o755);
    await install();
    push("ana", "team/site", join(folder, "site-again"));
    expect([existsSync(join(folder, "other")), server.waiting().length]).toEqual([true, 1]);
    await uninstall();
    expect(readFileSync(common, "utf8")).toContain("other");
    await expect(uninstall()).rejects.toMatchObject({ code: "HOOK_REFUSED" });
  });

  test("repositories can be given the hook one by one, beside other hooks of theirs", async () => {
    const server = theServer();
    const { configure, push, folder, install, uninstall, home } = server;
    const specific = join(home, "local", "hooks", "repo-specific");
    writeFileSync(join(specific, "other"), `#!/bin/sh\ncat >> ${folder}/other\n`);
    chmodSync(join(specific, "other"), 0o755);
    expect(await install(true)).toEqual([join(specific, "skein")]);
    await install(true);
    configure(`${MINE}    option hook.post-receive = skein other\nrepo people/web-log\n    RW+ = ana\n`);
    const head = push("ana", "team/site", join(folder, "site"));
    push("ana", "people/web-log", join(folder, "blog"));
    expect(await server.pushes()).toEqual([["team/site", "refs/heads/main", head, "ana"]]);
    expect(readFileSync(join(folder, "other"), "utf8")).toContain(head);
    expect(await uninstall()).toEqual([join(specific, "skein")]);
    push("ana", "team/site", join(folder, "site-again"));
    expect(server.waiting()).toEqual([]);
  });

  test("a common hook and hooks of single repositories, which would hide each other, are refused and named", async () => {
    const server = theServer();
    const { configure, home, install, common } = server;
    await install(true);
    configure(`${MINE}    option hook.post-receive = skein\n`);
    await expect(install()).rejects.toThrow(/keep each other from being run.*team\/site\.git/);
    expect(existsSync(common)).toBe(false);
    const other = theServer();
    await other.install();
    await expect(other.install(true)).rejects.toThrow(/post-receive is there: a common post-receive/);
    writeFileSync(join(other.home, ".gitolite.rc"), "%RC = ( ENABLE => [ 'help' ] );\n1;\n");
    await expect(other.install(true)).rejects.toThrow(/must set LOCAL_CODE/);
    expect(home).not.toBe(other.home);
  });

  test("a hook that somebody wrote into a repository is not replaced by gitolite's link: it is refused before", async () => {
    const { configure, repositories, install } = theServer();
    configure(MINE);
    const own = join(repositories, "team", "site.git", "hooks", "post-receive");
    writeFileSync(own, "#!/bin/sh\nexit 0\n");
    await expect(install()).rejects.toThrow(/would put a link in the place of .*team\/site\.git/);
    expect(lstatSync(own).isFile()).toBe(true);
  });

  test("a single repository of gitolite can have the hook like any other", async () => {
    const { configure, push, folder, repositories, spool, pushes } = theServer();
    configure(MINE);
    await installHook({
      repository: join(repositories, "team", "site.git"),
      name: "team/site",
      spool,
      hook: HOOK,
    });
    const head = push("ana", "team/site", join(folder, "site"));
    expect(await pushes()).toEqual([["team/site", "refs/heads/main", head, "ana"]]);
  });

  test("what nobody told of is announced, also where one hook serves all", async () => {
    const { configure, push, folder, install, pushes, spool, daemon, waiting } = theServer();
    configure("\nrepo people/web-log\n    RW+ = ana\n");
    await install();
    expect(await pushes()).toEqual([]);
    const head = push("ana", "people/web-log", join(folder, "blog"));
    expect(waiting()).toHaveLength(1);
    for (const name of waiting()) writeFileSync(join(spool, name), "");
    (await daemon.context()).deps.sweeping.due = 0;
    await pushes();
    (await daemon.context()).deps.sweeping.due = 0;
    expect(await pushes()).toEqual([["blog", "refs/heads/main", head, undefined]]);
  });

  test("a folder that is no home of gitolite is refused", async () => {
    const folder = aFolder();
    const at = { home: folder, spool: join(folder, "spool"), hook: HOOK, perRepository: false };
    await expect(installForGitolite(at)).rejects.toThrow(/gitolite is not set up there/);
    expect(existsSync(join(folder, "spool"))).toBe(false);
  });
});
