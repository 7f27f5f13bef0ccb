import { expect, test } from "vitest";
import { conversing } from "../../../../lib/effects/notify/conversation.ts";
import { verdictOf } from "../../../../lib/effects/notify/verdict.ts";
import { Secret } from "../../../../lib/schema/secret.ts";

const TOKEN = "T0123/B4567/aVeryLong+Secret";

/** What is said of a server that answers this, by somebody who knows a secret. */
async function saidOf(body: string, secret: string): Promise<unknown> {
  const sender = conversing(
    function* tell() {
      return verdictOf(yield { url: "https://chat.example.org/x" });
    },
    {
      deadline: 1_000,
      secrets: [new Secret(secret)],
      http: () => Promise.resolve({ status: 403, headers: {}, body: Buffer.from(body), cut: false }),
    },
  );
  const outcome = await sender.send(undefined, new AbortController().signal);
  return "reason" in outcome ? outcome.reason : undefined;
}

const hook = `https://chat.example.org/services/${TOKEN}?key=another%2Fsecret`;

test.each([
  ["the secret itself", `no such token ${TOKEN}!`, TOKEN, "no such token ***!"],
  ["it, encoded", `token=${encodeURIComponent(TOKEN)}&`, TOKEN, "token=***&"],
  ["the path of a webhook", `no route to /services/${TOKEN} here`, hook, "no route to *** here"],
  ["its last part", "hook aVeryLong+Secret is off", hook, "hook *** is off"],
  ["a value of its query", "key another/secret is off", hook, "key *** is off"],
  ["it, and is cut in the middle", `${"-".repeat(180)}${TOKEN}`, TOKEN, `${"-".repeat(180)}***`],
  ["nothing secret", "services are closed, see services", hook, "services are closed, see services"],
])("a reason keeps quiet about what a server throws back: %s", async (_what, body, secret, said) => {
  expect(await saidOf(body, secret)).toBe(`it answers 403: ${said}`);
});
