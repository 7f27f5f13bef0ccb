import { type Key, keysOf } from "../../lib/config/keys.ts";
import { settingsSchema } from "../settings.ts";
import { code, pageHead, pageOf, tableOf, tableOfKeys } from "./markdown.ts";

/** Every key of the configuration file. */
export function configurationPage(): string {
  const keys = keysOf(settingsSchema);
  const top = keys.filter(({ path }) => !path.includes("."));
  const isSection = ({ path, form }: Key) => form === "a section" || below(keys, path).length > 0;
  const sections = top.filter(isSection);
  return pageOf([
    ...pageHead(
      "Configuration",
      "One file in YAML: the one that `--config` or `SKEIN_CONFIG` names, or the first that is there of `skein.yaml`, " +
        "`.skein/skein.yaml` and `/etc/skein/skein.yaml`. `skein check` reads it and lists everything that is wrong at once, each " +
        "with its line and column. A key that is not on this page is refused. Daemons read the file again on SIGHUP; one that is " +
        "wrong is refused then, and the former one stays.",
      "In the keys below, NAME stands for a name that you choose, and `[]` for each entry of a list. Durations have a unit: " +
        "`500ms`, `30s`, `10m`, `2h`, `14d`. Sizes too: `512B`, `64KiB`, `10MiB`, `1GiB`. `SKEIN_STATE` in the environment comes before `state`.",
    ),
    "## At the top",
    tableOfKeys(top.filter((each) => !isSection(each))),
    ...sections.flatMap((section) => [
      `## ${section.path}`,
      section.says,
      below(keys, section.path).length === 0
        ? "It has no keys of its own yet."
        : tableOfKeys(below(keys, section.path)),
    ]),
    "## Host filters",
    `What ${code("hosts")} of an app, and ${code("--hosts")} on the command line, hold: terms joined by ${code("and")}, ${code("or")} (or a comma), ${code("not")} ` +
      `and parentheses, of which ${code("or")} binds least. See [facts and filters](../guides/facts-and-filters.md).`,
    tableOf(
      ["term", "fits a host"],
      [
        [code("web*"), "whose name fits the pattern: `*` stands for anything, `?` for one character"],
        [code("/^web[0-9]+$/"), "whose name fits the regular expression"],
        [
          code("role=web"),
          "whose label, or fact, of that name fits the pattern; `!=`: that has none that does",
        ],
        [code('os="Debian GNU/Linux 12"'), "the same, with a text that is taken as it stands"],
        [
          code("memory>=16"),
          "whose label or fact comes no earlier, as versions are ordered: 1.9 before 1.10; also `<`, `<=`, `>`",
        ],
        [
          code("os=~/Linux 1[23]/"),
          "whose label or fact fits the regular expression; `!~`: that has none that does",
        ],
        [code("class=nginx"), "that has a class which fits the pattern"],
      ],
    ),
  ]);
}

const below = (keys: readonly Key[], section: string): readonly Key[] =>
  keys.filter(({ path }) => path.startsWith(`${section}.`) || path.startsWith(`${section}[`));
