import { z } from "zod";
import type { Records } from "../../lib/effects/records.ts";
import type { Control, Listed, Reprepro } from "../../lib/effects/reprepro.ts";
import type { Arriving, Upload, Uploads } from "../../lib/effects/uploads.ts";
import { Failure, reasonOf } from "../../lib/failure.ts";
import type { Log } from "../../lib/log.ts";
import { packages } from "../../lib/messages/catalogue/packages.ts";
import { packageFile, packageName, packageVersion } from "../../lib/schema/debian.ts";
import type { Change, Told } from "./spooled.ts";

/** What was there of a package before a file was taken in: what a crash in the middle is finished with. */
export const begun = z.object({
  before: z.array(
    z.object({ component: z.string(), architecture: z.string(), package: z.string(), version: z.string() }),
  ),
  package: z.string(),
  version: z.string(),
  at: z.string(),
});
type Begun = z.infer<typeof begun>;

/** What a folder of uploads is worked with. */
export interface Incoming {
  /** What the archive is called. */
  readonly name: string;
  readonly uploads: Uploads;
  readonly reprepro: Reprepro;
  readonly readControl: (file: string) => Promise<Control>;
  readonly records: () => Promise<Records<Begun>>;
  /** How long a file must not have changed, and how long a part of one is waited for, in milliseconds. */
  readonly settle: number;
  readonly patience: number;
  readonly log: Log;
}

/** How long to wait before a file that could not be taken for a reason that may pass is tried again, in milliseconds; doubled each time. */
const AGAIN = 5_000;
const AGAIN_MOST = 300_000;
/** How many tries in a row must fail before people are told. */
const PATIENCE = 4;

interface Sighting extends Pick<Arriving, "size" | "at"> {
  readonly since: number;
}

/** Takes packages from a folder into an archive: each once, whatever dies. */
export class Intake {
  readonly #incoming: Incoming;
  readonly #seen = new Map<string, Sighting>();
  #notBefore = 0;
  #failures = 0;

  constructor(incoming: Incoming) {
    this.#incoming = incoming;
  }

  /** Takes what has come whole, and finishes what was begun before. What follows a `yield` runs once it was told. */
  async *take(now: () => Date): AsyncGenerator<Told> {
    const { uploads } = this.#incoming;
    // One of the same name that still waits must not be lost for the new one.
    const waiting = new Set((await uploads.claimed()).map(keyOf));
    for (const upload of await this.#ready(now().getTime()))
      if (!waiting.has(keyOf(upload))) await uploads.claim(upload);
    if (now().getTime() < this.#notBefore) return;
    for (const upload of await uploads.claimed()) {
      try {
        yield* this.#takeOne(upload, now());
        this.#failures = 0;
      } catch (error) {
        if (error instanceof Failure && error.code === "PACKAGE_REFUSED") {
          yield* this.#refuse(upload, error.message);
          continue;
        }
        // Whatever holds up one file holds up the next one too.
        this.#notBefore = now().getTime() + Math.min(AGAIN * 2 ** this.#failures, AGAIN_MOST);
        this.#failures += 1;
        // A lock that nobody holds any more is for people to find out.
        if (this.#failures === PATIENCE) yield { trouble: reasonOf(error) };
        throw error;
      }
    }
  }

  /** Those that have not changed for long enough, and are whole; a part that stays a part is given up some time. */
  async #ready(now: number): Promise<readonly Upload[]> {
    const { uploads, settle, patience } = this.#incoming;
    const arriving = await uploads.arriving();
    const there = new Set(arriving.map(keyOf));
    for (const key of this.#seen.keys()) if (!there.has(key)) this.#seen.delete(key);
    const ready: Upload[] = [];
    for (const each of arriving) {
      const since = this.#unchangedSince(each, now);
      if (now - since < settle) continue;
      if (now - since >= patience || (await uploads.wholeness(each)) !== "part") ready.push(each);
    }
    return ready;
  }

  #unchangedSince(upload: Arriving, now: number): number {
    const last = this.#seen.get(keyOf(upload));
    if (last?.size === upload.size && last.at.getTime() === upload.at.getTime()) return last.since;
    this.#seen.set(keyOf(upload), { size: upload.size, at: upload.at, since: now });
    return now;
  }

  async *#takeOne(upload: Upload, now: Date): AsyncGenerator<Told> {
    const { uploads, reprepro } = this.#incoming;
    const records = await this.#incoming.records();
    const key = keyOf(upload);
    insistOnName(upload);
    const file = uploads.pathOf(upload);
    const started = records.all.get(key) ?? (await this.#begin(upload, file, now));
    const said = await reprepro.include(upload.distribution, file);
    const after = await reprepro.list(upload.distribution, started.package);
    const changes = this.#changes(upload, started, after);
    if (changes.length === 0 && !after.some(({ version }) => version === started.version))
      throw new Failure(
        "PACKAGE_REFUSED",
        `${upload.name} changes nothing: ${said || "reprepro skipped it"}`,
      );
    for (const change of changes) yield { change };
    await uploads.archive(upload);
    await records.remove(key);
  }

  async #begin(upload: Upload, file: string, now: Date): Promise<Begun> {
    const { readControl, reprepro, records } = this.#incoming;
    const control = await readControl(file);
    const [name, version] = [
      packageName.safeParse(control.package),
      packageVersion.safeParse(control.version),
    ];
    if (!name.success || !version.success)
      throw new Failure("PACKAGE_REFUSED", `${upload.name} has a name or a version that no package may have`);
    const before = await reprepro.list(upload.distribution, name.data);
    const started = {
      before: [...before],
      package: name.data,
      version: version.data,
      at: now.toISOString(),
    };
    await (await records()).put(keyOf(upload), started);
    return started;
  }

  #changes(
    { distribution, name }: Upload,
    { before, at }: Begun,
    after: readonly Listed[],
  ): readonly Change[] {
    const formerly = new Map(before.map((each) => [placeOf(each), each.version]));
    return after.flatMap((each): Change[] => {
      const previous = formerly.get(placeOf(each));
      if (previous === each.version) return [];
      const change = packages["package.published"].data.safeParse({
        repository: this.#incoming.name,
        suite: distribution,
        component: each.component,
        architecture: each.architecture,
        package: each.package,
        version: each.version,
        ...(previous === undefined ? {} : { previous }),
        action: previous === undefined ? "added" : "replaced",
        file: packageFile.safeParse(name).data,
        at,
      });
      return change.success ? [change.data] : [];
    });
  }

  async *#refuse(upload: Upload, why: string): AsyncGenerator<Told> {
    const { name, uploads, records, log } = this.#incoming;
    // Where it lies just now is where nobody will find it.
    const reason = why.replaceAll(uploads.pathOf(upload), upload.name);
    const refused = `${JSON.stringify(upload.name)} is not taken into ${name} ${upload.distribution}: ${reason}`;
    log.warn({ code: "PACKAGE_REFUSED", ...upload }, refused);
    yield { trouble: refused };
    await uploads.reject(upload, reason);
    await (await records()).remove(keyOf(upload));
  }
}

const keyOf = ({ distribution, name }: Upload): string => `${distribution}/${name}`;
const placeOf = ({ component, architecture }: Listed): string => `${component}|${architecture}`;

/** It becomes an argument of a program, and a word of messages. */
function insistOnName({ name }: Upload): void {
  const { success } = packageFile.safeParse(name);
  if (!success)
    throw new Failure(
      "PACKAGE_REFUSED",
      `${JSON.stringify(name)} is no name for the file of a package; such a name is kit-hello_1.0_all.deb`,
    );
}
