import { expect, test } from "vitest";
import { repoUpdater } from "../../../daemons/repo-updater.ts";
import { memoryHub } from "../../../lib/bus/memory.ts";
import { aPush } from "../../support/builders.ts";
import { listen, publish, start } from "../../support/daemons.ts";
import { until } from "../../support/until.ts";
import { aHost, treeOf } from "./support/host.ts";

test("a configuration that is read again is obeyed without a push; one that is wrong changes nothing", async () => {
  const { shop, settings, at } = await aHost({});
  await shop.push({ page: "one" });
  const checkout = (name: string, repository = "shop") => ({
    [name]: { repository, mode: "trusting", target: at(name) },
  });
  let checkouts: Record<string, unknown> = checkout("first");
  const hub = memoryHub();
  const written = () => ({ ...settings, "repo-updater": { retry: "200ms", checkouts } });
  const daemon = await start(repoUpdater, written, hub);
  const news = await listen(hub, "checkout.updated");
  await until("the first is made", () => treeOf(at("first"))["page"] === "one");
  checkouts = { ...checkouts, ...checkout("second") };
  daemon.reload();
  await until("the second is made", () => treeOf(at("second"))["page"] === "one");
  checkouts = checkout("third", "payroll");
  daemon.reload();
  await until("the third is refused", () => daemon.logged.some((line) => line.includes("names payroll")));
  const head = await shop.push({ page: "two" });
  await publish(hub, "commit.pushed", aPush({ after: head }));
  for (const name of ["first", "second"])
    await news.next(({ data }) => "checkout" in data && data.checkout === name && data.revision === head);
  expect([treeOf(at("first")), treeOf(at("second")), treeOf(at("third"))]).toEqual([
    { page: "two" },
    { page: "two" },
    {},
  ]);
  await daemon.stop();
});
