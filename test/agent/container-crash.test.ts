import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { http } from "../../lib/effects/http.ts";
import { type Haproxy, startHaproxy } from "../support/haproxy.ts";
import { anImage } from "../support/image.ts";
import { describeWithPodman, type Podman, startPodman } from "../support/podman.ts";
import { aHost, authorise, type Host, last, order, writeTrust } from "./support/host.ts";
import { putImage, type StoredImage } from "./support/images.ts";
import { anOrigin } from "./support/origin.ts";
import { handed, runVictim } from "./support/victim.ts";

/** Each has a host of its own; they share the engine and HAProxy. */
const LANES = [1, 2, 3, 4];

interface Lane {
  readonly folder: string;
  readonly host: () => Promise<Host>;
  readonly app: Readonly<Record<string, unknown>>;
  readonly settings: Readonly<Record<string, unknown>>;
  readonly images: Readonly<Record<"first" | "second" | "bad", StoredImage>>;
  /** What a visitor gets. */
  readonly visit: () => Promise<string>;
}

describeWithPodman("the container driver, killed at every step,", () => {
  let podman: Podman;
  let haproxy: Haproxy;
  const folders: string[] = [];
  beforeAll(async () => {
    podman = await startPodman();
    haproxy = await startHaproxy([...LANES, ...LANES].map((lane, at) => `b${lane}-${at}`));
  });
  afterAll(async () => {
    await haproxy.close();
    await podman.close();
    for (const folder of folders) rmSync(folder, { recursive: true, force: true });
  });

  const openLane = async (backend: string): Promise<Lane> => {
    const folder = mkdtempSync(join(tmpdir(), "skein-crash-"));
    folders.push(folder);
    mkdirSync(join(folder, "builds"));
    writeTrust(join(folder, "state", "trust"));
    const origin = anOrigin(join(folder, "origin"));
    const app = {
      driver: "container",
      image: { artifact: { store: "builds", name: "shop.tar" } },
      engine: podman.socket,
      port: 8080,
      publish: "address",
      keep: 1,
      ready: { path: "/", deadline: "10s", interval: "30ms" },
      switch: { haproxy: { socket: haproxy.socket, backend, drain: "2s" } },
      "stop-timeout": "2s",
    };
    const settings = { stores: { builds: { folder: join(folder, "builds") } } };
    const put = async (page: string, script?: string) =>
      putImage(folder, anImage(`${page} of ${backend}`, script).archive);
    return {
      folder,
      app,
      settings,
      host: () => aHost({ after: { folder, origin }, app, settings }),
      images: {
        first: await put("first"),
        second: await put("second"),
        bad: await put("bad", "exit 3"),
      },
      visit: async () => {
        const { body } = await http(`http://127.0.0.1:${haproxy.port(backend)}/`, { deadline: 5_000 });
        return body.toString("utf8").split(" ")[0] ?? "";
      },
    };
  };

  test.each([
    ["second", "live", "deploy.authorised", 25, 0],
    ["bad", "rolled-back", "deploy.go", 15, 4],
  ] as const)(
    "a deploy of the %s one ends %s whenever the agent is killed, and the next one works",
    { timeout: 120_000 },
    async (wanted, outcome, countFrom, least, from) => {
      const killed = await Promise.all(
        LANES.map(async (lane, at) => {
          const open = await openLane(`b${lane}-${from + at}`);
          const host = await open.host();
          const { first } = open.images;
          expect((await host.deploy(first.revision, { release: first.release })).finished?.outcome).toBe(
            "live",
          );
          await host.leave();
          let killAt = lane;
          while (await trial(open, { wanted, outcome, countFrom, killAt })) killAt += LANES.length;
          return (killAt - lane) / LANES.length;
        }),
      );
      expect(killed.reduce((sum, each) => sum + each, 0)).toBeGreaterThan(least);
    },
  );

  const trial = async (
    lane: Lane,
    story: {
      readonly wanted: "second" | "bad";
      readonly outcome: string;
      readonly countFrom: "deploy.authorised" | "deploy.go";
      readonly killAt: number;
    },
  ): Promise<boolean> => {
    const { folder, app, settings, images, visit } = lane;
    const { countFrom, killAt, outcome } = story;
    const image = images[story.wanted];
    // Forced: all of it is done anew each time.
    const command = authorise(image.revision, { release: image.release, force: true });
    const url = join(folder, "origin");
    const given = { folder, url, app, settings, countFrom, killAt, files: false };
    const killed = await runVictim({ ...given, handed: await handed(command) });
    // Names and links are those of every driver, and tried there.
    // Whatever was half done, somebody is served.
    expect(["first", "second"]).toContain(await visit());

    const after = await lane.host();
    await after.reconcile();
    await after.send("deploy.authorised", command);
    const answer = await after.send("deploy.go", order("go", command));
    expect(last(answer, "deploy.finished"), `killed at ${killAt}`).toMatchObject({ outcome });
    expect(await visit()).toBe(outcome === "live" ? "second" : "first");
    const { first } = images;
    const next = await after.deploy(first.revision, { release: first.release });
    expect([next.finished?.outcome, await visit()]).toEqual(["live", "first"]);
    expect(readdirSync(after.layout.releases).filter((name) => name.startsWith("."))).toEqual([]);
    // One container runs, and each is of a release that is there.
    const ours = (await podman.labelled("skein.root", after.layout.root)).map(({ state, labels }) => [
      labels["skein.release"] ?? "",
      state,
    ]);
    const live = after.current().replace("releases/", "");
    expect(ours.filter(([, state]) => state === "running")).toEqual([[live, "running"]]);
    const there = readdirSync(after.layout.releases);
    expect(ours.filter(([release = ""]) => !there.includes(release))).toEqual([]);
    expect(readFileSync(join(after.layout.current, "container.json"), "utf8")).toContain("sha256:");
    await after.leave();
    return killed;
  };
});
