import type { HostState } from "../lib/messages/catalogue/rollouts.ts";
import { safeText } from "../lib/safe-text.ts";
import { painted, print, span } from "./output.ts";
import type { Watcher } from "./rollouts.ts";

/** How often the list is drawn anew while nothing happens, in milliseconds: for the seconds that count up. */
const REDRAW = 200;

interface Row {
  state: HostState | "";
  detail: string;
  since: number;
}

/** Shows how far each host is: a list that redraws itself on a terminal, plain lines otherwise. */
export function showProgress(
  hosts: readonly string[],
  { live }: { readonly live: boolean },
): Watcher & { end: () => void } {
  return live ? redrawn(hosts) : plain();
}

function plain(): Watcher & { end: () => void } {
  return {
    host: (host, state, reason) =>
      print(`${host}  ${state}${reason === undefined ? "" : `: ${safeText(firstLine(reason))}`}`),
    line: (host, phase, line) => print(`${host}  ${phase} | ${safeText(line)}`),
    end: () => undefined,
  };
}

/** All of a reason is told at the end. */
const firstLine = (reason: string): string => reason.split("\n", 1)[0] ?? "";

function redrawn(hosts: readonly string[]): Watcher & { end: () => void } {
  const rows = new Map<string, Row>(
    hosts.map((host) => [host, { state: "", detail: "", since: Date.now() }]),
  );
  const width = Math.max(...hosts.map(({ length }) => length), 4);
  let drawn = 0;
  const draw = () => {
    const columns = process.stdout.columns > 0 ? process.stdout.columns : 80;
    const lines = [...rows].map(([host, { state, detail, since }]) => {
      const time = ["deploying", "preparing", "reverting"].includes(state) ? span(Date.now() - since) : "";
      const rest = `${time.padStart(7)}  ${safeText(detail)}`.slice(0, Math.max(0, columns - width - 16));
      return `  ${host.padEnd(width)}  ${painted(state)}${" ".repeat(Math.max(0, 11 - state.length))}${rest}`;
    });
    process.stdout.write(
      `${drawn === 0 ? "" : `\u001b[${drawn}F`}${lines.map((line) => `\u001b[2K${line}\n`).join("")}`,
    );
    drawn = lines.length;
  };
  const change = (host: string, how: Partial<Row>) => {
    const before = rows.get(host) ?? { state: "", detail: "", since: Date.now() };
    rows.set(host, { ...before, ...how });
    draw();
  };
  const timer = setInterval(draw, REDRAW);
  draw();
  return {
    host: (host, state, reason) =>
      change(host, { state, detail: firstLine(reason ?? ""), since: Date.now() }),
    phase: (host, phase) => change(host, { detail: phase }),
    line: (host, phase, line) => change(host, { detail: `${phase}: ${line}` }),
    end: () => {
      clearInterval(timer);
      draw();
    },
  };
}
