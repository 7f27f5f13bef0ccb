/** The line of ours in each distribution: a path from the folder of the configuration. */
const NOTIFIER = " skein/notifier";
const ENDHOOK = "endhook skein/endhook";
const BEFORE = "# before skein: ";

/** `conf/options` with our endhook, and the one that was there, which ours calls. */
export function withEndhook(options: string): { readonly text: string; readonly before?: string } {
  const lines = linesOf(options);
  const found = lines.findIndex((line) => /^\s*endhook\s/.test(line) && line.trim() !== ENDHOOK);
  const line = lines[found];
  if (line === undefined) {
    const known = lines.find((each) => each.startsWith(BEFORE));
    const text = lines.includes(ENDHOOK) ? options : textOf([...lines, ENDHOOK]);
    return known === undefined ? { text } : { text, before: pathIn(known.slice(BEFORE.length)) };
  }
  const others = lines.filter((each, index) => index !== found && each !== ENDHOOK);
  return { text: textOf([...others, `${BEFORE}${line}`, ENDHOOK]), before: pathIn(line) };
}

/** `conf/options` as it was without. */
export function withoutEndhook(options: string): string {
  return textOf(
    linesOf(options).flatMap((line) => {
      if (line === ENDHOOK) return [];
      return [line.startsWith(BEFORE) ? line.slice(BEFORE.length) : line];
    }),
  );
}

const pathIn = (line: string): string => line.trim().replace(/^endhook\s+/, "");

/** `conf/distributions` with our notifier in each distribution, after whatever else its `Log:` has. */
export function withNotifier(distributions: string): string {
  return perStanza(distributions, (stanza) => {
    if (!stanza.some((line) => /^codename:/i.test(line)) || stanza.includes(NOTIFIER)) return stanza;
    const log = stanza.findIndex((line) => /^log:/i.test(line));
    if (log < 0) {
      const last = stanza.findLastIndex((line) => !line.startsWith("#")) + 1;
      return [...stanza.slice(0, last), "Log:", NOTIFIER, ...stanza.slice(last)];
    }
    const next = stanza.findIndex((line, at) => at > log && !/^[ \t]/.test(line));
    const end = next < 0 ? stanza.length : next;
    return [...stanza.slice(0, end), NOTIFIER, ...stanza.slice(end)];
  });
}

/** `conf/distributions` as it was without; a `Log:` that had nothing but our notifier goes too. */
export function withoutNotifier(distributions: string): string {
  return perStanza(distributions, (stanza) =>
    stanza.filter((line, at) => {
      const alone = /^log:\s*$/i.test(line) && stanza[at + 1] === NOTIFIER;
      return line !== NOTIFIER && !(alone && !/^[ \t]/.test(stanza[at + 2] ?? ""));
    }),
  );
}

/** Changes each stanza: the lines between empty ones. */
function perStanza(text: string, change: (lines: readonly string[]) => readonly string[]): string {
  const changed: string[] = [];
  let stanza: string[] = [];
  const close = () => {
    changed.push(...(stanza.length === 0 ? [] : change(stanza)));
    stanza = [];
  };
  for (const line of linesOf(text)) {
    if (line.trim() !== "") stanza.push(line);
    else {
      close();
      changed.push(line);
    }
  }
  close();
  return textOf(changed);
}

function linesOf(text: string): string[] {
  const lines = text.split("\n");
  return lines.at(-1) === "" ? lines.slice(0, -1) : lines;
}

const textOf = (lines: readonly string[]): string => lines.map((line) => `${line}\n`).join("");
