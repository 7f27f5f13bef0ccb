import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { spawn } from "node:child_process";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { http } from "../../lib/effects/http.ts";
import { askHaproxy } from "../../lib/effects/traffic/haproxy-socket.ts";
import { aFolder } from "../support/folder.ts";
import { freePort } from "../support/free-port.ts";
import { aTerminal, readGuide } from "../support/guide.ts";
import { describeWithPodman, startPodman } from "../support/podman.ts";
import { startSkein } from "../support/program.ts";

describeWithPodman("followed to the letter,", () => {
  test(
    "the guide of a container ends with a page, changed, and back again; a reload of HAProxy forgets nothing",
    { timeout: 90_000 },
    async () => {
      const [folder, home, port] = [join(aFolder(), "deploys"), aFolder(), await freePort()];
      const podman = await startPodman();
      onTestFinished(() => podman.close());
      const guide = readGuide("containers", {
        "/srv/deploys": folder,
        "/run/podman/podman.sock": podman.socket,
        "127.0.0.1:8000": `127.0.0.1:${port}`,
      });
      const [configuration = ""] = guide.blocks("yaml");
      const sh = guide.blocks("sh");
      const up = sh.indexOf("skein up\n");
      mkdirSync(folder);
      const terminal = aTerminal(folder, home);
      // The reader has one Podman; this machine has that of the test.
      writeFileSync(join(home, "bin", "podman"), podman.program);
      chmodSync(join(home, "bin", "podman"), 0o755);
      for (const block of sh.slice(0, up)) {
        await terminal.type(block);
        if (!block.startsWith("skein init")) continue;
        // Other tests have a broker, too.
        writeFileSync(join(folder, "skein.yaml"), `${configuration}broker: { listen: "127.0.0.1:0" }\n`);
      }
      writeFileSync(join(folder, "haproxy.cfg"), guide.blocks("haproxy")[0] ?? "");
      let stop = startHaproxy(folder);
      onTestFinished(() => stop());
      const running = startSkein(["up"], { cwd: folder, env: terminal.env });
      onTestFinished(async () => void (await running.stop()));
      await running.says("ready:");
      const page = async () => {
        const { status, body } = await http(`http://127.0.0.1:${port}/`, { deadline: 10_000 });
        return status === 200 ? body.toString("utf8") : String(status);
      };
      const [first = "", second = "", back = "", ...more] = sh.slice(up + 1);
      expect(more).toEqual([]);
      expect(await terminal.type(first)).toContain("succeeded");
      expect(await page()).toBe("<h1>Geese</h1>\n");
      expect(await terminal.type(second)).toContain("succeeded");
      expect(await page()).toContain("They fly in skeins");

      // HAProxy is started anew, from what the guide says to save.
      const saves = /^echo "show servers state" \| socat - (\S+) >(\S+)$/m.exec(guide.text);

      writeFileSync(saves?.[2] ?? "", await askHaproxy(saves?.[1] ?? "", "show servers state"));
      await stop();
      stop = startHaproxy(folder);
      await expect.poll(page, { timeout: 10_000 }).toContain("They fly in skeins");

      expect(await terminal.type(back)).toContain("back to 1");
      expect(await page()).toBe("<h1>Geese</h1>\n");
      expect(Object.values(await podman.containers()).toSorted()).toEqual(["exited", "running"]);
      expect(readFileSync(join(folder, "live/shop/current/container.json"), "utf8")).toContain("sha256:");
    },
  );
});

function startHaproxy(folder: string): () => Promise<void> {
  const PATH = `${process.env["PATH"] ?? ""}:/usr/sbin:/sbin`;
  const haproxy = spawn("haproxy", ["-db", "-f", join(folder, "haproxy.cfg")], {
    env: { PATH },
    stdio: "ignore",
  });
  const closed = new Promise<void>((resolve) => haproxy.once("close", () => resolve()));
  return async () => {
    haproxy.kill("SIGTERM");
    await closed;
  };
}
