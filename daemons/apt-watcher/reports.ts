import { type Data, message, type Message } from "../../lib/messages/catalogue.ts";
import type { HostName } from "../../lib/schema/names.ts";

type Report = Data<"package.upgradable">;
type Findings = Partial<Omit<Report, "host" | "source" | "at">>;

/** As many as a message may hold. */
const MOST = 1_000;

/** What this host tells of its packages. */
export class Reports {
  readonly #host: HostName;
  /** What was told last of each source. */
  readonly #last = new Map<string, string>();

  constructor(host: HostName) {
    this.#host = host;
  }

  /** Tells what was found. */
  tell(source: string | undefined, findings: Findings, now: Date): Message[] {
    this.#last.set(source ?? "", JSON.stringify(findings));
    const { packages = [], reason, ...rest } = findings;
    const report: Report = {
      host: this.#host,
      ...(source === undefined ? {} : { source }),
      ...rest,
      packages: packages.slice(0, MOST),
      ...(reason === undefined ? {} : { reason: reason.slice(0, 8_000) }),
      at: now.toISOString(),
    };
    return [message("package.upgradable", report)];
  }

  /** Tells it only where it is not what was told last of this source. Nothing at all is news only after something. */
  news(source: string | undefined, findings: Findings, now: Date): Message[] {
    const last = this.#last.get(source ?? "");
    const nothing = findings.code === undefined && (findings.packages ?? []).length === 0;
    if (last === JSON.stringify(findings) || (nothing && last === undefined)) return [];
    return this.tell(source, findings, now);
  }

  /** Tells that what stood in the way of a source does so no more. */
  recovered(source: string, now: Date): Message[] {
    return this.#last.get(source)?.includes('"code":') === true ? this.tell(source, {}, now) : [];
  }
}
