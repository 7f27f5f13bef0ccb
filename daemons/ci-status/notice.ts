import { z } from "zod";
import type { Handle } from "../../lib/effects/ci/ci.ts";
import { requireStrict } from "../../lib/security/strict-json.ts";

/** What somebody says: that something is new about a build. What it is, the server is asked. */
export interface Notice {
  /** As the server names it, folders divided by slashes. */
  readonly job: string;
  readonly handle: Handle;
}

/** What the Notification plugin of Jenkins posts. */
const ofJenkins = z.object({
  build: z.object({ url: z.string().optional(), full_url: z.string().optional() }),
});

/** What HttpStatusPush of Buildbot posts. */
const ofBuildbot = z.object({
  builder: z.object({ name: z.string().min(1).max(200) }),
  buildset: z.object({ bsid: z.int().min(0) }),
});

const DEEPEST = 64;
const PATH = /(?:^|\/)((?:job\/[^/?#]{1,300}\/){1,10})(\d{1,10})\/?$/;

/** Reads a notice; undefined where it is none. */
export function noticeIn(type: string, body: Buffer): Notice | undefined {
  const said = parsed(body);
  return type === "jenkins" ? jenkinsNotice(said) : buildbotNotice(said);
}

function jenkinsNotice(said: unknown): Notice | undefined {
  const { data } = ofJenkins.safeParse(said);
  const [, path, run] = PATH.exec(data?.build.url ?? data?.build.full_url ?? "") ?? [];
  if (path === undefined || run === undefined) return undefined;
  const segments = path.split("/").filter((_each, index) => index % 2 === 1);
  try {
    return { job: segments.map(decodeURIComponent).join("/"), handle: { run } };
  } catch {
    return undefined;
  }
}

function buildbotNotice(said: unknown): Notice | undefined {
  const { data } = ofBuildbot.safeParse(said);
  return data && { job: data.builder.name, handle: { item: String(data.buildset.bsid) } };
}

function parsed(body: Buffer): unknown {
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(body);
    requireStrict(text, DEEPEST);
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
