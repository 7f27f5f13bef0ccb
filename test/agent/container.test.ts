import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { Agent, get } from "node:http";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { http } from "../../lib/effects/http.ts";
import { type Haproxy, startHaproxy } from "../support/haproxy.ts";
import { type AnImage, anImage } from "../support/image.ts";
import { describeWithPodman, type Podman, startPodman } from "../support/podman.ts";
import { type Registry, startRegistry } from "../support/registry.ts";
import { until } from "../support/until.ts";
import { aHost, authorise, type Host, last, order, writeTrust } from "./support/host.ts";
import { type StoredImage, putImage } from "./support/images.ts";
import { anOrigin } from "./support/origin.ts";

type Section = Readonly<Record<string, unknown>>;

describeWithPodman("the container driver, with a real Podman and HAProxy,", () => {
  let podman: Podman;
  let haproxy: Haproxy;
  let registry: Registry;
  let host: Host;
  let folder: string;
  let backend = 0;

  beforeAll(async () => {
    registry = await startRegistry("geese", "hidden word");
    podman = await startPodman(registry.address);
    haproxy = await startHaproxy(Array.from({ length: 20 }, (_none, at) => `b${at}`));
  });
  afterAll(async () => {
    await haproxy.close();
    await podman.close();
    await registry.close();
  });
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "skein-container-"));
    mkdirSync(join(folder, "builds"));
    writeTrust(join(folder, "state", "trust"));
    backend += 1;
  });
  afterEach(async () => {
    await host.close();
    for (const name of Object.keys(await podman.containers()))
      await podman.ask("DELETE", `/v1.41/containers/${name}?force=true`);
    rmSync(folder, { recursive: true, force: true });
  });

  const appWith = (more: Section = {}): Section => ({
    driver: "container",
    image: { artifact: { store: "builds", name: "shop.tar" } },
    engine: podman.socket,
    port: 8080,
    ready: { path: "/", deadline: "8s", interval: "30ms" },
    switch: { haproxy: { socket: haproxy.socket, backend: `b${backend}`, drain: "3s" } },
    "stop-timeout": "2s",
    ...more,
  });
  const begin = async (more: Section = {}) => {
    const origin = host?.folder === folder ? host.origin : anOrigin(join(folder, "origin"));
    host = await aHost({
      after: { folder, origin },
      app: appWith(more),
      settings: { stores: { builds: { folder: join(folder, "builds") } } },
    });
  };
  const put = (image: AnImage) => putImage(folder, image.archive);
  const deploy = async ({ revision, release }: StoredImage, given: Section = {}) =>
    (await host.deploy(revision, { release, ...given })).finished;
  const visit = async () => {
    const url = `http://127.0.0.1:${haproxy.port(`b${backend}`)}/`;
    const { status, body } = await http(url, { deadline: 5_000 });
    return status === 200 ? body.toString("utf8") : String(status);
  };
  const states = async () => Object.values(await podman.containers()).toSorted();

  test("starts one release beside the other, keeps the former one stopped, and goes back to it", async () => {
    await begin();
    const [one, two] = [await put(anImage("one")), await put(anImage("two"))];
    expect(await deploy(one)).toMatchObject({ outcome: "live", revision: one.revision });
    expect([await visit(), await states()]).toEqual(["one", ["running"]]);
    expect((await deploy(two))?.outcome).toBe("live");
    expect([await visit(), await states()]).toEqual(["two", ["exited", "running"]]);
    const before = Object.keys(await podman.containers()).toSorted();
    expect((await deploy(one, { kind: "rollback" }))?.outcome).toBe("live");
    expect([await visit(), await states()]).toEqual(["one", ["exited", "running"]]);
    // The same containers: nothing was made anew.
    expect(Object.keys(await podman.containers()).toSorted()).toEqual(before);
    expect(readFileSync(join(host.layout.current, "container.json"), "utf8")).toContain(anImage("one").id);
  });

  test("fails no request of four clients while it switches twenty times", { timeout: 60_000 }, async () => {
    await begin({ keep: 2 });
    const images = [await put(anImage("one")), await put(anImage("two"))] as const;
    await deploy(images[0]);
    const seen = new Map<string, number>();
    let done = false;
    const port = haproxy.port(`b${backend}`);
    const clients = [1, 2, 3, 4].map(async (which) => {
      // Some hold their connection, as browsers do.
      const agent = new Agent({ keepAlive: which > 2 });
      while (!done) {
        const got = await fetched(port, agent);
        seen.set(got, (seen.get(got) ?? 0) + 1);
      }
      agent.destroy();
    });
    for (let turn = 1; turn <= 20; turn += 1)
      expect((await deploy(images[turn % 2] ?? images[0]))?.outcome).toBe("live");
    done = true;
    await Promise.all(clients);
    expect([...seen.keys()].toSorted()).toEqual(["200 one", "200 two"]);
    expect(Math.min(...seen.values())).toBeGreaterThan(100);
  });

  test("waits for requests that are under way before it stops the former release", async () => {
    await begin();
    // Takes a second to answer, and would be cut off if it were stopped.
    const answer =
      'while read x; do [ ${#x} -le 1 ] && break; done; sleep 1; printf "HTTP/1.0 200 OK\\r\\nContent-Length: 4\\r\\n\\r\\nslow"';
    const slow = `trap 'exit 0' TERM; /bin/busybox nc -ll -p 8080 -e /bin/busybox sh -c '${answer}' & wait`;
    await deploy(await put(anImage("", slow)));
    const two = await put(anImage("two"));
    const under = visit();
    expect((await deploy(two))?.outcome).toBe("live");
    expect([await under, await visit()]).toEqual(["slow", "two"]);
  });

  test("takes back what ends at once, with its last words, and leaves nothing of it", async () => {
    await begin();
    await deploy(await put(anImage("one")));
    const bad = await put(anImage("", "echo no database here; exit 7"));
    const finished = await deploy(bad);
    expect(finished).toMatchObject({ outcome: "rolled-back", phase: "publish", code: "CONTAINER_ENDED" });
    expect(finished?.reason).toContain("no database here");
    expect([await visit(), await states()]).toEqual(["one", ["running"]]);
  });

  test("goes back to one that has ended and come back while it was live", async () => {
    await begin();
    await deploy(await put(anImage("one")));
    const [name = ""] = Object.keys(await podman.containers());
    const look = async () =>
      JSON.parse(await podman.ask("GET", `/v1.41/containers/${name}/json`)) as {
        RestartCount: number;
        State: { Pid: number; Running: boolean };
      };
    process.kill((await look()).State.Pid, "SIGKILL");
    await until("it has come back", async () => {
      const { RestartCount, State } = await look();
      return RestartCount > 0 && State.Running;
    });
    expect(await deploy(await put(anImage("", "exit 1")))).toMatchObject({ outcome: "rolled-back" });
    expect([await visit(), await states()]).toEqual(["one", ["running"]]);
  });

  test("takes back what is never ready, with its last words", async () => {
    await begin({ ready: { path: "/health", deadline: "1s" } });
    const finished = await deploy(
      await put(
        anImage(
          "one",
          "echo I wait; trap 'exit 0' TERM; /bin/busybox httpd -p 8080 -h /www; while :; do sleep 0.1; done",
        ),
      ),
    );
    expect(finished).toMatchObject({
      outcome: "failed",
      phase: "publish",
      code: "CONTAINER_NOT_READY",
      live: null,
    });
    expect(finished?.reason).toContain("/health has the status 404");
    expect(finished?.reason).toContain("I wait");
    expect([await visit(), await states()]).toEqual(["503", []]);
    const good = await put(anImage("two"));
    await host.leave();
    await begin();
    expect((await deploy(good))?.outcome).toBe("live");
  });

  test("finds by a connection whether something listens, where no path is named", async () => {
    await begin({ ready: { deadline: "700ms" } });
    expect((await deploy(await put(anImage("one"))))?.outcome).toBe("live");
    const deaf = await put(anImage("", "trap 'exit 0' TERM; while :; do sleep 0.1; done"));
    expect(await deploy(deaf)).toMatchObject({ outcome: "rolled-back", code: "CONTAINER_NOT_READY" });
    expect(await visit()).toBe("one");
  });

  test("goes on with the former release where HAProxy refuses, or is away, and nothing of the new one stays", async () => {
    await begin();
    await deploy(await put(anImage("one")));
    // Somebody else has the other server.
    await haproxy.ask(`set server b${backend}/s1 addr 127.0.0.1 port 2`);
    for (const state of ["ready", "drain"]) await haproxy.ask(`set server b${backend}/s1 state ${state}`);
    const two = await put(anImage("two"));
    expect(await deploy(two)).toMatchObject({
      outcome: "rolled-back",
      code: "TRAFFIC_REFUSED",
      phase: "publish",
    });
    expect([await visit(), await states()]).toEqual(["one", ["running"]]);

    await host.leave();
    await begin({ switch: { haproxy: { socket: join(folder, "nothing.sock"), backend: "b1" } } });
    const finished = await deploy(two);
    expect(finished).toMatchObject({ code: "TRAFFIC_UNREACHABLE" });
    expect(await visit()).toBe("one");
    await host.leave();
    await begin();
    expect((await deploy(two))?.outcome).toBe("live");
    expect([await visit(), await states()]).toEqual(["two", ["exited", "running"]]);
  });

  test.each([
    ["is no archive", Buffer.from("geese".repeat(300)), "E_TAR_FORMAT"],
    ["holds no image", Buffer.alloc(1_024), "IMAGE_INVALID"],
  ])("changes nothing where the artifact %s", async (_what, archive, code) => {
    await begin();
    await deploy(await put(anImage("one")));
    expect(await deploy(await putImage(folder, archive))).toMatchObject({
      outcome: "failed",
      phase: "build",
      code,
    });
    expect([await visit(), readdirSync(host.layout.releases).length]).toEqual(["one", 1]);
  });

  test("changes nothing where the engine is away, and says which socket it asked", async () => {
    const engine = join(folder, "no.sock");
    await begin({ engine });
    const finished = await deploy(await put(anImage("one")));
    expect(finished).toMatchObject({ outcome: "failed", phase: "build", code: "ENGINE_UNREACHABLE" });
    expect(finished?.reason).toContain(engine);
  });

  test("makes anew what somebody removed by hand, with its volume, environment and limits", async () => {
    writeFileSync(join(folder, "word"), "from a file\n", { mode: 0o600 });
    writeFileSync(join(folder, "mounted"), "of the host");
    const says =
      "trap 'exit 0' TERM; mkdir /tmp; echo \"$HOST $WORD $(/bin/busybox cat /etc/m)\" >/tmp/index.html; (echo x >>/etc/m) 2>/dev/null || echo ro >>/tmp/index.html; /bin/busybox httpd -f -p 8080 -h /tmp & wait";
    await begin({
      env: { HOST: "{host}", WORD: { file: join(folder, "word") }, PATH: "/bin" },
      volumes: [{ source: join(folder, "mounted"), at: "/etc/m" }],
      command: ["/bin/busybox", "sh", "-c", `/bin/busybox --install -s /bin; ${says}`],
      drop: ["NET_RAW"],
      memory: "64MiB",
    });
    const [one, two] = [await put(anImage("one")), await put(anImage("two"))];
    await deploy(one);
    expect(await visit()).toBe("web1 from a file of the host\nro\n");
    const [name = ""] = Object.keys(await podman.containers());
    const made = await podman.ask("GET", `/v1.41/containers/${name}/json`);
    const { HostConfig } = JSON.parse(made) as { HostConfig: Record<string, unknown> };
    expect(HostConfig).toMatchObject({
      Privileged: false,
      Memory: 64 * 1024 * 1024,
      SecurityOpt: ["no-new-privileges"],
      RestartPolicy: { Name: "unless-stopped" },
    });
    await deploy(two);
    await podman.ask("DELETE", `/v1.41/containers/${name}?force=true`);
    expect((await deploy(one, { kind: "rollback" }))?.outcome).toBe("live");
    expect(await visit()).toContain("from a file");
    const written = readFileSync(host.layout.journal, "utf8") + JSON.stringify(host.logged);
    expect(written).not.toContain("from a file");
  });

  test("removes containers and images of releases that it does not keep, and of deploys that were killed", async () => {
    await begin({ keep: 1 });
    const made = [];
    for (const page of ["kept 1", "kept 2", "kept 3"])
      made.push({ ...(await put(anImage(page))), id: anImage(page).id });
    const before = new Set(await podman.images());
    const [first, second, third] = made;
    if (first === undefined || second === undefined || third === undefined)
      throw new Error("nothing was made");
    await deploy(first);
    await deploy(second);
    await deploy(third);
    expect(await states()).toEqual(["exited", "running"]);
    const images = (await podman.images()).filter((id) => !before.has(id));
    expect(images.map((id) => id.replace(/^sha256:/, "")).toSorted()).toEqual(
      [second.id, third.id].map((id) => id.replace(/^sha256:/, "")).toSorted(),
    );
    // What another app has is none of ours.
    expect(await visit()).toBe("kept 3");
  });

  test("chooses another port where the one of a former release was taken meanwhile", async () => {
    const taken = createServer();
    await begin();
    const [one, two] = [await put(anImage("one")), await put(anImage("two"))];
    await deploy(one);
    const state = await haproxy.ask(`show servers state b${backend}`);
    const port = Number(/ (2\d{4}) /.exec(state)?.[1]);
    await deploy(two);
    await new Promise<void>((resolve) => void taken.listen(port, "127.0.0.1", resolve));
    expect((await deploy(one, { kind: "rollback" }))?.outcome).toBe("live");
    expect(await visit()).toBe("one");
    await new Promise((resolve) => taken.close(resolve));
  });

  test("pulls an image by its digest, with a login, and refuses one that the registry has not", async () => {
    writeFileSync(join(folder, "word"), "hidden word", { mode: 0o600 });
    const image = {
      pull: `${registry.address}/shop`,
      login: { user: "geese", password: { file: join(folder, "word") } },
    };
    const pulled = anImage("pulled");
    registry.add(pulled);
    const wanted = (digest: string): StoredImage["release"] =>
      ({ type: "image", digest, ref: "refs/images/1.4.2" }) as never;
    await begin({ image });
    const finished = await deploy({ revision: pulled.digest as never, release: wanted(pulled.digest) });
    expect(finished).toMatchObject({ outcome: "live", revision: pulled.digest });
    expect(await visit()).toBe("pulled");
    const unknown = "1".repeat(64);
    const refused = await deploy({ revision: unknown as never, release: wanted(unknown) });
    expect(refused).toMatchObject({ outcome: "failed", phase: "build", code: "IMAGE_UNKNOWN" });
    expect(await visit()).toBe("pulled");
    expect(JSON.stringify([refused, host.logged])).not.toContain("hidden word");
    // Its images are pulled: an archive is something else.
    const archive = await put(anImage("x"));
    const answer = await host.deploy(archive.revision, { release: archive.release });
    expect(last(answer.prepared, "deploy.refused")?.code).toBe("RELEASE_MISFIT");
  });

  test("takes away what was prepared and is not wanted any more", async () => {
    await begin();
    await deploy(await put(anImage("one")));
    const { revision, release } = await put(anImage("unwanted"));
    const command = authorise(revision, { release });
    await host.send("deploy.authorised", command);
    const answer = await host.send("deploy.cancelled", order("abort", command));
    expect(last(answer, "deploy.finished")?.outcome).toBe("cancelled");
    expect(await podman.images()).not.toContain(anImage("unwanted").id);
    expect([await visit(), await states()]).toEqual(["one", ["running"]]);
  });
});

/** What a visitor gets: the status and the page, or what went wrong. */
function fetched(port: number, agent: Agent): Promise<string> {
  return new Promise((resolve) => {
    get({ host: "127.0.0.1", port, agent, timeout: 5_000 }, (answer) => {
      let text = "";
      answer.on("data", (chunk: Buffer) => (text += chunk.toString("utf8")));
      answer.on("error", (error) => resolve(error.message));
      answer.on("end", () => resolve(`${answer.statusCode} ${text}`));
    }).once("error", (error) => resolve(error.message));
  });
}
