import { mkdirSync, realpathSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { http } from "../../lib/effects/http.ts";
import { aFolder } from "../support/folder.ts";
import { freePort } from "../support/free-port.ts";
import { aTerminal, readGuide } from "../support/guide.ts";
import { describeNeeding } from "../support/needing.ts";
import { startNginx } from "../support/nginx.ts";
import { startPhpFpm } from "../support/php-fpm.ts";
import { startSkein } from "../support/program.ts";

/** Follows a guide up to the running program, with what is this machine's own in the place of what it names. */
async function follow(name: string) {
  const [folder, home, port] = [join(aFolder(), "deploys"), aFolder(), await freePort()];
  const guide = readGuide(name, {
    "/srv/deploys": folder,
    "127.0.0.1:8080": `127.0.0.1:${port}`,
    "/run/php/php-fpm.sock": join(home, "php.sock"),
  });
  const [configuration = ""] = guide.blocks("yaml");
  const sh = guide.blocks("sh");
  const up = sh.indexOf("skein up\n");
  mkdirSync(folder);
  const terminal = aTerminal(folder, home);
  for (const block of sh.slice(0, up)) {
    await terminal.type(block);
    if (!block.startsWith("skein init")) continue;
    // Other tests have a broker, too.
    writeFileSync(join(folder, "skein.yaml"), `${configuration}broker: { listen: "127.0.0.1:0" }\n`);
  }
  startNginx(folder, guide.blocks("nginx")[0] ?? "");
  const running = startSkein(["up"], { cwd: folder, env: terminal.env });
  onTestFinished(async () => void (await running.stop()));
  await running.says("ready:");
  const get = async (path: string) => {
    const { status, body } = await http(`http://127.0.0.1:${port}${path}`, { deadline: 10_000 });
    return { status, text: body.toString("utf8") };
  };
  return { folder, home, get, type: terminal.type, rest: sh.slice(up + 1) };
}

describeNeeding({ nginx: "nginx", git: "git", "php-fpm*": "php-fpm" }, "followed to the letter,", () => {
  test(
    "the guide of a static site ends with the site, changed, and back again",
    { timeout: 60_000 },
    async () => {
      const { folder, get, type, rest } = await follow("static-site");
      const [deploy = "", change = "", back = "", ...more] = rest;
      expect(more).toEqual([]);
      expect(await type(deploy)).toContain("succeeded");
      expect(await get("/")).toEqual({ status: 200, text: "<h1>Geese</h1>\n" });
      expect((await get("/revision.txt")).text).toMatch(/^[0-9a-f]{40}\n$/);
      expect(await type(change)).toContain("succeeded");
      expect((await get("/")).text).toContain("They fly in skeins");
      expect(await type(back)).toContain("back to main");
      expect((await get("/")).text).toBe("<h1>Geese</h1>\n");
      expect((await get("/deploy/pre-link")).status).toBe(404);
      expect(realpathSync(join(folder, "live/docs/current"))).toContain("/releases/");
    },
  );

  test(
    "the guide of a PHP site ends with a site whose requests never mix two releases",
    { timeout: 60_000 },
    async () => {
      const { folder, home, get, type, rest } = await follow("php-site");
      const { ran } = await startPhpFpm(home, join(home, "php.sock"));
      const [build = "", part = "", refs = "", back = "", ...more] = rest;
      expect(more).toEqual([]);
      expect(await type(build)).toContain("portal to base v1");
      expect((await get("/")).text).toContain("No news");
      const status = await type(part);
      expect(status).toContain("news v2");
      expect(status).toMatch(/base v1 \w{7}, news v2 \w{7}/);
      expect((await get("/any/page?q=1")).text).toContain("The geese are back");
      const listed = await type(refs);
      expect(listed).toMatch(/news +tag +v2 /);
      expect(listed).not.toContain("*");
      expect(await type(back)).toContain("back to base v1");
      expect((await get("/")).text).toContain("No news");
      const roots = new Set(ran().map(({ root }) => root));
      expect([...roots].map((root) => dirname(root))).toEqual(
        Array.from({ length: 2 }, () => join(folder, "live/portal/releases")),
      );
      expect(ran().filter(({ script, root }) => script !== join(root, "index.php"))).toEqual([]);

      const before = ran().length;
      writeFileSync(join(folder, "uploads", "evil.php"), "<?php run();");
      expect((await get("/files/evil.php")).text).toBe("<?php run();");
      expect((await get("/deploy/post-deploy")).status).toBe(404);
      expect(ran().length).toBe(before);

      // Both parts change at once, under visitors: each of them gets both old or both new.
      const OLD = "<h1>No news</h1>\n";
      const NEW = "new base, new news\n";
      writeFileSync(
        join(folder, "work/base/index.php"),
        '<?php echo "new base, "; usleep(2000); include __DIR__ . "/modules/news/news.php";',
      );
      writeFileSync(join(folder, "work/news/news.php"), "new news\n");
      await type(
        "for part in base news; do git -C work/$part commit -qam new; git -C work/$part push -q origin main; done",
      );
      let done = false;
      const seen: string[] = [];
      const visits = Array.from({ length: 4 }, async () => {
        while (!done) seen.push((await get("/")).text);
      });
      await type("skein deploy portal base=main news=main");
      done = true;
      await Promise.all(visits);
      expect((await get("/")).text).toBe(NEW);
      expect(new Set(seen)).toEqual(new Set([OLD, NEW]));
    },
  );
});
