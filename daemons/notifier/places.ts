import type { SharedSettings } from "../../lib/config/settings.ts";
import type { ForgeChannel } from "./settings.ts";

type Repositories = SharedSettings["repositories"];

/** What a repository is called at a forge: as configured, or as its `url` says where that leads to this forge; undefined where it is not there. */
export function placeOf(channel: ForgeChannel, name: string, repositories: Repositories): string | undefined {
  const told = (channel.repositories as Readonly<Record<string, string>>)[name];
  if (told !== undefined) return told;
  const repository = Object.hasOwn(repositories, name) ? repositories[name as keyof Repositories] : undefined;
  if (repository?.type !== "git") return undefined;
  const there = partsOf(repository.url);
  const { hostname, pathname } = new URL(channel.url);
  if (there === undefined || there.host !== hostname.toLowerCase()) return undefined;
  const base = there.overHttp ? pathname.replace(/\/$/, "") : "";
  if (!there.path.startsWith(`${base}/`)) return undefined;
  const path = there.path
    .slice(base.length + 1)
    .replace(channel.type === "bitbucket-dc" ? /^scm\// : /^\/+/, "")
    .replace(/(\.git)?\/*$/, "");
  const words = path.split("/");
  // Groups of GitLab have groups in them.
  const fits = channel.type === "gitlab" ? words.length >= 2 : words.length === 2;
  return fits && words.every((word) => /^[A-Za-z0-9~_][A-Za-z0-9._-]*$/.test(word)) ? path : undefined;
}

/** Whether a repository is at a forge. */
export const isAt = (
  channel: ForgeChannel,
  name: string | undefined,
  { repositories }: Pick<SharedSettings, "repositories">,
): boolean => name !== undefined && placeOf(channel, name, repositories) !== undefined;

interface Parts {
  readonly host: string;
  /** With a slash before it. */
  readonly path: string;
  readonly overHttp: boolean;
}

function partsOf(url: string): Parts | undefined {
  const [, host, path] = /^[^@/:]+@([^:/]+):\/*(.+)$/.exec(url) ?? [];
  if (host !== undefined) return { host: host.toLowerCase(), path: `/${path}`, overHttp: false };
  if (!/^(https|ssh):\/\//.test(url) || !URL.canParse(url)) return undefined;
  const { hostname, pathname, protocol } = new URL(url);
  return { host: hostname.toLowerCase(), path: pathname, overHttp: protocol === "https:" };
}
