import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { http } from "../../lib/effects/http.ts";
import { aFolder } from "../support/folder.ts";
import { freePort } from "../support/free-port.ts";
import { aTerminal, readGuide } from "../support/guide.ts";
import { describeNeeding, ROOT } from "../support/needing.ts";
import { startSkein } from "../support/program.ts";
import { startUserSystemd } from "../support/systemd.ts";

const NEEDED = { "/usr/lib/systemd/systemd": "systemd", unshare: "util-linux", [ROOT]: "root" };

describeNeeding(NEEDED, "followed to the letter, with a real systemd,", () => {
  test(
    "the guide of a Node service ends with the service on the release before, whatever was broken meanwhile",
    { timeout: 90_000 },
    async () => {
      const [folder, home, port] = [join(aFolder(), "deploys"), aFolder(), await freePort()];
      const guide = readGuide("node-service", {
        "/srv/deploys": folder,
        "/usr/bin/node": process.execPath,
        "127.0.0.1:3000": `127.0.0.1:${port}`,
        "PORT=3000": `PORT=${port}`,
      });
      const systemd = await startUserSystemd(home);
      onTestFinished(() => systemd.close());
      const through = systemd.through(folder);
      mkdirSync(folder);
      const terminal = aTerminal(folder, home, through);
      const sh = guide.blocks("sh");
      const up = sh.indexOf("skein up\n");
      for (const block of sh.slice(0, up)) {
        await terminal.type(block);
        if (!block.startsWith("skein init")) continue;
        // Other tests have a broker, too.
        const [configuration = ""] = guide.blocks("yaml");
        writeFileSync(join(folder, "skein.yaml"), `${configuration}broker: { listen: "127.0.0.1:0" }\n`);
      }
      const running = startSkein(["up"], { cwd: folder, env: terminal.env, through });
      onTestFinished(async () => {
        await systemd.close();
        await running.ended;
      });
      await running.says("ready:");
      const page = async () =>
        (await http(`http://127.0.0.1:${port}/`, { deadline: 10_000 })).body.toString("utf8");
      const processId = () => terminal.type("systemctl --user show --property=MainPID --value geese.service");

      const [first = "", change = "", breaking = "", back = "", ...more] = sh.slice(up + 1);
      expect(more).toEqual([]);
      expect(await terminal.type(first)).toMatch(/succeeded(.|\n)*active \(running\)/);
      expect(await page()).toBe("Geese\n");
      const before = await processId();
      expect(await terminal.type(change)).toContain("succeeded");
      expect(await page()).toBe("Wild geese\n");
      expect(await processId()).not.toBe(before);

      const broken = await terminal.type(breaking);
      expect(broken).toMatch(/\/health(.|\n)*Wild geese are there as before/);
      expect(await page()).toBe("Wild geese\n");

      expect(await terminal.type(back)).toContain("back to main");
      expect(await page()).toBe("Geese\n");
    },
  );
});
