import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { aTar, type Made } from "./tar.ts";

/** An image made of busybox and a page, and nothing else. */
export interface AnImage {
  readonly id: string;
  /** As `docker save` writes it. */
  readonly archive: Buffer;
  /** What a registry has of it, by path. */
  readonly blobs: ReadonlyMap<string, Buffer>;
  readonly digest: string;
  readonly manifest: Buffer;
}

/** What a web server does that ends when it is told to. */
const SERVE = "trap 'exit 0' TERM; /bin/busybox httpd -f -p 8080 -h /www & wait";

const sha256 = (bytes: Buffer): string => createHash("sha256").update(bytes).digest("hex");
let busybox: Buffer | undefined;

/** Makes an image that serves a page; or that runs another script of a shell. */
export function anImage(page: string, script = SERVE, tag: string | null = null): AnImage {
  busybox ??= readFileSync("/usr/bin/busybox");
  const layer = aTar(
    { name: "bin/busybox", contents: busybox, mode: 0o755 },
    { name: "www/index.html", contents: page },
  );
  const [layerDigest, packed] = [sha256(layer), gzipSync(layer, { level: 1 })];
  const config = Buffer.from(
    JSON.stringify({
      architecture: process.arch === "arm64" ? "arm64" : "amd64",
      os: "linux",
      config: { Cmd: ["/bin/busybox", "sh", "-c", script] },
      rootfs: { type: "layers", diff_ids: [`sha256:${layerDigest}`] },
    }),
  );
  const id = sha256(config);
  const list = [
    { Config: `${id}.json`, RepoTags: tag === null ? null : [tag], Layers: [`${layerDigest}.tar`] },
  ];
  const members: Made[] = [
    { name: `${id}.json`, contents: config },
    { name: `${layerDigest}.tar`, contents: layer },
    { name: "manifest.json", contents: JSON.stringify(list) },
  ];
  const about = (type: string, bytes: Buffer) => ({
    mediaType: `application/vnd.docker.${type}`,
    size: bytes.length,
    digest: `sha256:${sha256(bytes)}`,
  });
  const manifest = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: "application/vnd.docker.distribution.manifest.v2+json",
      config: about("container.image.v1+json", config),
      layers: [about("image.rootfs.diff.tar.gzip", packed)],
    }),
  );
  const blobs = new Map([config, packed].map((bytes) => [`sha256:${sha256(bytes)}`, bytes]));
  return { id: `sha256:${id}`, archive: aTar(...members), blobs, digest: sha256(manifest), manifest };
}
