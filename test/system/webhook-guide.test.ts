import { afterEach, expect, test } from "vitest";
import { settingsSchema } from "../../cli/settings.ts";
import { webhook } from "../../daemons/webhook.ts";
import { http } from "../../lib/effects/http.ts";
import { parseYaml } from "../../lib/schema/yaml.ts";
import { githubPush } from "../daemons/webhook/payloads.ts";
import { secretIn, type Sent, sent } from "../daemons/webhook/sent.ts";
import { listen, start, type Started } from "../support/daemons.ts";
import { aFolder } from "../support/folder.ts";
import { freePort } from "../support/free-port.ts";
import { readGuide } from "../support/guide.ts";
import { describeNeeding } from "../support/needing.ts";
import { startNginx } from "../support/nginx.ts";
import { until } from "../support/until.ts";
import { memoryHub } from "../../lib/bus/memory.ts";

const { blocks } = readGuide("webhooks");

test.each(blocks("yaml").map((block, index) => [index + 1, block] as const))(
  "configuration %i of the guide is one",
  (_index, block) => {
    // Where only a part is shown, the rest is as before.
    expect(parseYaml(block, settingsSchema, "guide")).toHaveProperty("webhook.listen");
  },
);

describeNeeding({ nginx: "nginx" }, "behind nginx, set up as the guide says", () => {
  let daemon: Started | undefined;
  afterEach(async () => {
    await daemon?.stop();
  });

  test("what a forge signed still fits, and what it did not sign does not", async () => {
    const folder = aFolder();
    const [port, front] = [await freePort(), await freePort()];
    const hub = memoryHub();
    const { heard } = await listen(hub, "commit.pushed");
    const settings = {
      state: folder,
      repositories: { shop: { url: "https://github.com/acme/shop.git" } },
      webhook: {
        listen: `127.0.0.1:${port}`,
        hooks: { github: { forge: "github", secret: secretIn(folder) } },
      },
    };
    daemon = await start(webhook, () => settings, hub);
    const location = (blocks("nginx")[0] ?? "").replace("8091", `${port}`);
    startNginx(folder, `server { listen 127.0.0.1:${front}; ${location} }`);

    const url = `http://127.0.0.1:${front}/skein`;
    const deadline = 10_000;
    await until("nginx answers", async () => (await http(`${url}/healthz`, { deadline })).status === 200);
    const send = async ({ path, headers, body }: Sent) =>
      (await http(`${url}${path}`, { method: "POST", headers: { ...headers }, body, deadline })).status;
    const push = sent("github", githubPush());
    expect(await send(push)).toBe(202);
    expect(heard).toMatchObject([{ data: { repository: "shop", ref: "refs/heads/main" } }]);
    expect(await send({ ...push, body: Buffer.concat([push.body, Buffer.from(" ")]) })).toBe(401);
    expect(await send({ ...push, body: Buffer.alloc(5 * 1024 * 1024 + 1) })).toBe(413);
    expect(await send({ ...push, path: "/gitlab" })).toBe(404);
  });
});
