import { expect, test } from "vitest";
import { resolveImage } from "../../../cli/target/image.ts";
import { app as anyApp } from "../../../lib/config/apps.ts";
import { appName } from "../../../lib/schema/names.ts";

const DIGEST = "0123456789abcdef".repeat(4);
const PULL = "registry.example.com:5000/team/shop";
const base = { driver: "container", root: "/srv/shop", port: 8080, image: { pull: PULL } };

const resolved = (named: string) => {
  const configured = anyApp.parse(base);
  if (configured.driver !== "container") throw new Error("it is another");
  return resolveImage(appName.parse("shop"), configured, named);
};

test.each([
  [`sha256:${DIGEST}`, "refs/images/0123456789ab"],
  [`${PULL}@sha256:${DIGEST}`, "refs/images/0123456789ab"],
  [`${PULL}:1.4.2@sha256:${DIGEST}`, "refs/images/1.4.2"],
  [`:1.4.2@sha256:${DIGEST}`, "refs/images/1.4.2"],
])("%s is deployed by its digest, as %s", (named, ref) => {
  expect(resolved(named)).toEqual({ type: "image", digest: DIGEST, ref });
});

test.each([
  "latest",
  `${PULL}:1.4.2`,
  "sha256:0123",
  `@sha256:${DIGEST}`,
  `sha256:${DIGEST.toUpperCase()}`,
  `elsewhere.example.com/shop@sha256:${DIGEST}`,
  `${PULL}:..@sha256:${DIGEST}`,
  `${PULL}:a..b@sha256:${DIGEST}`,
  `--flag@sha256:${DIGEST}`,
  "",
])("%j is refused", (named) => {
  expect(() => resolved(named)).toThrow(/^Cannot deploy shop: /);
});

test("a container app is safe where nothing is said, and refuses what two releases cannot share", () => {
  expect(anyApp.parse(base)).toMatchObject({
    publish: "port",
    ports: { from: 20_000, to: 29_999 },
    engine: "/var/run/docker.sock",
    volumes: [],
    env: {},
  });
  const wrong = [
    { network: "host" },
    { network: "container" },
    { port: 0 },
    { image: { pull: "shop:latest" } },
    { image: { pull: "Shop" } },
    { image: {} },
    { privileged: true },
    { env: { "A B": "x" } },
    { env: { PASSWORD: { text: "x" } } },
    { volumes: [{ source: "../x", at: "/x" }] },
    { volumes: [{ source: "/srv/x", at: "/../x" }] },
    { ready: { path: "/a b" } },
    { switch: { haproxy: { socket: "/run/a", backend: "shop; disable server x/y" } } },
  ];
  for (const each of wrong)
    expect([each, anyApp.safeParse({ ...base, ...each }).success]).toEqual([each, false]);
});
