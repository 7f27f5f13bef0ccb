/** Where a repository is: the host without its port, and the path without `.git`, both in lower case. */
export interface Place {
  readonly host: string;
  readonly path: string;
  /** Whether over HTTP: then the path may begin with where the forge is on its host. */
  readonly web: boolean;
}

/** As long as the configuration lets one be. */
const LONGEST = 1_000;

/** Where a URL of a repository leads, whether to https://, to ssh:// or in ssh's short form; undefined for a local path. */
export function placeOf(url: string): Place | undefined {
  if (url.length > LONGEST) return undefined;
  const short = /^[^@/:]+@([^:/]+):(.+)$/.exec(url);
  if (short !== null) return place(short[1] ?? "", short[2] ?? "", false);
  if (!/^(https?|ssh):\/\//.test(url) || !URL.canParse(url)) return undefined;
  const { hostname, pathname, protocol } = new URL(url);
  return place(hostname, pathname, protocol !== "ssh:");
}

const place = (host: string, path: string, web: boolean): Place => ({
  host: host.toLowerCase(),
  path: path
    .replace(/^\/+|\/+$/g, "")
    .replace(/\.git$/, "")
    .toLowerCase(),
  web,
});
