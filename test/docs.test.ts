import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { describe, expect, test } from "vitest";
import { referencePages } from "../cli/reference/pages.ts";
import { keysOf } from "../lib/config/keys.ts";
import { codes } from "../lib/codes.ts";
import { settingsSchema } from "../cli/settings.ts";

const ELSEWHERE = new Set(["node_modules", "dist", "fixtures", "coverage"]);

/** Every file with one of these endings, as paths from here. */
function filesOf(folder: string, ...endings: string[]): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.name.startsWith(".") || ELSEWHERE.has(entry.name)) return [];
    if (entry.isDirectory()) return filesOf(path, ...endings);
    return endings.some((ending) => entry.name.endsWith(ending)) ? [path] : [];
  });
}

const read = (path: string) => readFileSync(path, "utf8");
const pages = filesOf(".", ".md");
const sources = ["lib", "daemons", "agent", "cli"].flatMap((folder) => filesOf(folder, ".ts"));

test("the reference says what the sources say: `npm run docs` writes it anew", async () => {
  const made = await referencePages(read("examples/shop/.skein.yml"));
  expect(readdirSync("docs/reference").sort()).toEqual(Object.keys(made).sort());
  const there = Object.fromEntries(
    Object.keys(made).map((name) => [name, read(join("docs/reference", name))]),
  );
  expect(there).toEqual(made);
});

test("every key of the configuration is described", () => {
  const bare = keysOf(settingsSchema).filter(({ says }) => says === "");
  expect(bare.map(({ path }) => path)).toEqual([]);
});

test("every error code is thrown somewhere", () => {
  const thrown = sources
    .filter((path) => path !== "lib/codes.ts")
    .map(read)
    .join("\n");
  expect(Object.keys(codes).filter((code) => !thrown.includes(`"${code}"`))).toEqual([]);
});

test("every error code that a page names exists", () => {
  const named = pages.flatMap((page) => read(page).match(/\bE_[A-Z_]+\b/g) ?? []);
  expect(named.filter((code) => !Object.hasOwn(codes, code))).toEqual([]);
  expect(named.length).toBeGreaterThan(Object.keys(codes).filter((code) => code.startsWith("E_")).length);
});

test("every variable that a script is given is in the guide, and the guide names no other", () => {
  const variables = (text: string) => new Set(text.match(/\bSKEIN_[A-Z]+(_[A-Z]+)*\b/g));
  const given = variables(read("agent/environment.ts"));
  const told = variables(read("docs/guides/scripts-and-checks.md"));
  for (const one of ["SKEIN_LABEL_ROLE", "SKEIN_JOB"]) given.add(one);
  expect([...told].filter((name) => !given.has(name))).toEqual([]);
  expect([...given].filter((name) => !told.has(name))).toEqual([]);
});

test("no page names a path of the machine that it was written on", () => {
  const naming = pages.flatMap((page) =>
    (read(page).match(/(?<![\w.])\/(tmp|work|root|home\/\w+)\/\S*/g) ?? []).map((path) => `${page}: ${path}`),
  );
  expect(naming).toEqual([]);
});

describe("links", () => {
  test.each(pages)("every link of %s leads somewhere", (page) => {
    const broken = linksOf(read(page)).filter((link) => !leads(page, link));
    expect(broken).toEqual([]);
  });
});

/** The links of a page to other files, and within it. */
function linksOf(text: string): string[] {
  const prose = text.replace(/^```.*?^```/gms, "");
  return [...prose.matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, link = ""]) => link)
    .filter((link) => !/^[a-z]+:/.test(link));
}

function leads(page: string, link: string): boolean {
  const [path = "", fragment] = link.split("#", 2);
  const target = path === "" ? page : relative(".", join(dirname(page), path));
  if (!existsSync(target)) return false;
  return fragment === undefined || anchorsOf(read(target)).includes(fragment);
}

/** The anchors that a forge gives the headings of a page. */
function anchorsOf(text: string): string[] {
  return [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading = ""]) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, "")
      .replaceAll(" ", "-"),
  );
}
