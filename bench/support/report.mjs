import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

const PAGE = join(import.meta.dirname, "../../docs/benchmarks.md");
const HEAD = `# Benchmarks

Figures that \`npm run bench\` took: each section is written by the benchmark of its name, and replaced when it runs again.
They say what was measured on one machine on one day; run them on yours.
`;

/** Prints what a benchmark found, and writes it into the page of benchmarks. */
export async function report(name, { title, target, met, how, on, headings, rows }) {
  const section = [
    `## ${name}`,
    `**${title}** Target: ${target}: ${met ? "met" : "**missed**"}.`,
    table(headings, rows),
    `How: ${how}`,
    `On ${new Date().toISOString().slice(0, 10)}:`,
    on.map((line) => `- ${line}`).join("\n"),
  ].join("\n\n");
  console.log(section);
  const page = await readFile(PAGE, "utf8").catch(() => HEAD);
  const others = page.split(/^(?=## )/m).filter((each) => !each.startsWith(`## ${name}\n`));
  const [head, ...sections] = [...others, `${section}\n`];
  await writeFile(PAGE, [head.trimEnd(), ...sections.map((each) => each.trim()).sort()].join("\n\n") + "\n");
  return { met };
}

function table(headings, rows) {
  const all = [headings, ...rows];
  const widths = headings.map((_, column) => Math.max(...all.map((row) => row[column].length)));
  const line = (row) => `| ${row.map((cell, column) => cell.padEnd(widths[column])).join(" | ")} |`;
  return [line(headings), line(widths.map((width) => "-".repeat(width))), ...rows.map(line)].join("\n");
}
