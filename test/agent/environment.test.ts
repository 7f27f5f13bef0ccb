import { readFileSync } from "node:fs";
import { expect, onTestFinished, test } from "vitest";
import { aScript } from "./support/origin.ts";
import { aHost, linesOf } from "./support/host.ts";

test("a script finds in its environment what the guide says, and nothing else", async () => {
  const guide = readFileSync(new URL("../../docs/guides/scripts-and-checks.md", import.meta.url), "utf8");
  const section = /^## The environment$(.*?)^## /ms.exec(guide)?.[1] ?? "";
  const told = new Set([...section.matchAll(/`([A-Z][A-Z0-9_]+)`/g)].map(([, name = ""]) => name));
  const host = await aHost({ labels: { role: "web" } });
  onTestFinished(() => host.close());
  const script = aScript("tr '\\0' '\\n' </proc/$$/environ | cut -d = -f 1");
  const { gone } = await host.deploy(host.origin.commit({ "deploy/post-deploy": script }));
  expect(linesOf(gone, "post-deploy").toSorted()).toEqual([...told].toSorted());
});
