import type { AppOf } from "../../lib/config/apps.ts";
import { Failure } from "../../lib/failure.ts";
import type { AppName } from "../../lib/schema/names.ts";
import { type Release, release } from "../../lib/security/release.ts";

const DIGEST =
  /^(?<name>[^@]*?)(?::(?<tag>(?![^@]*\.\.)[A-Za-z0-9][A-Za-z0-9._-]{0,127}))?@?sha256:(?<digest>[0-9a-f]{64})$/;

/**
 * The image that a person means, always by its digest: `sha256:DIGEST`, or NAME@sha256:DIGEST and NAME:TAG@sha256:DIGEST, where
 * NAME is the configured one. A tag is what policies see; what runs is the digest.
 * @throws {Failure} NAME_INVALID
 */
export function resolveImage(app: AppName, { image }: AppOf<"container">, named: string): Release {
  const { name = "", tag, digest = "" } = DIGEST.exec(named)?.groups ?? {};
  const configured = "pull" in image ? image.pull : "";
  if (digest === "" || named.slice(0, -64 - "sha256:".length) === "@")
    throw refused(
      app,
      named,
      `it must be sha256:DIGEST or ${configured}@sha256:DIGEST, for a tag may be another image tomorrow`,
    );
  if (name !== "" && name !== configured) throw refused(app, named, `its image is ${configured}`);
  return release.parse({ type: "image", digest, ref: `refs/images/${tag ?? digest.slice(0, 12)}` });
}

const refused = (app: AppName, named: string, why: string): Failure =>
  new Failure("NAME_INVALID", `Cannot deploy ${app}: ${JSON.stringify(named.slice(0, 300))}: ${why}`);
