import fc from "fast-check";
import { expect, test } from "vitest";
import { availableOn, firstOf } from "../../cli/available.ts";
import { hostName, partName, refName, revision } from "../../lib/schema/names.ts";

const COMMIT = revision.parse("1".repeat(40));
const aRef = (name: string, part?: string) => ({
  ref: refName.parse(name.startsWith("v") ? `refs/tags/${name}` : `refs/heads/${name}`),
  revision: COMMIT,
  ...(part !== undefined && { part: partName.parse(part) }),
});
const on = (host: string, ...names: string[]) => ({
  host: hostName.parse(host),
  refs: names.map((name) => aRef(name)),
});
const shown = (list: ReturnType<typeof availableOn>) =>
  list.map(({ ref, hosts }) => `${ref.split("/").at(-1)} ${hosts.join(" ")}`);

test("what only one host has stands where that one has it: the newest tag is on top, whoever has it", () => {
  expect(shown(availableOn([on("web1", "v2", "main"), on("web2", "v3", "v2", "main", "old")]))).toEqual([
    "v3 web2",
    "v2 web1 web2",
    "main web1 web2",
    "old web2",
  ]);
});

test("a ref that hosts have at different commits is there once for each", () => {
  const moved = {
    host: hostName.parse("web2"),
    refs: [{ ...aRef("main"), revision: revision.parse("2".repeat(40)) }],
  };
  expect(shown(availableOn([on("web1", "main"), moved]))).toEqual(["main web2", "main web1"]);
});

test("only the first so many tags and branches are listed, of a site for each part", () => {
  const refs = ["v3", "main", "v2", "other", "v1"].flatMap((name) => [
    aRef(name, "theme"),
    aRef(name, "news"),
  ]);
  const list = firstOf(availableOn([{ host: hostName.parse("web1"), refs }]), 1);
  expect(list.map(({ part, ref }) => `${part} ${ref}`)).toEqual([
    "theme refs/tags/v3",
    "news refs/tags/v3",
    "theme refs/heads/main",
    "news refs/heads/main",
  ]);
});

test("each is listed once, with every host that has it, whatever order hosts have them in", () => {
  const names = fc.uniqueArray(fc.constantFrom("a", "b", "c", "d", "v1", "v2", "v3"));
  fc.assert(
    fc.property(fc.array(names, { maxLength: 4 }), (lists) => {
      const reports = lists.map((list, at) => on(`web${at}`, ...list));
      const found = availableOn(reports);
      expect(new Set(found.map(({ ref }) => ref)).size).toBe(found.length);
      for (const { host, refs } of reports)
        for (const { ref } of refs) expect(found.find((each) => each.ref === ref)?.hosts).toContain(host);
      expect(found.length).toBe(new Set(lists.flat()).size);
    }),
  );
});
