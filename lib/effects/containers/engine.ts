import { z } from "zod";
import { Failure } from "../../failure.ts";
import { pause } from "../clock.ts";
import { type Answered, type Asked, ask } from "./ask.ts";
import { openSaid, textOfLog } from "./said.ts";

/** How a container is made. */
export interface ContainerSpec {
  readonly name: string;
  /** The id of the image: a tag may be another image tomorrow. */
  readonly image: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly env: Readonly<Record<string, string>>;
  readonly command?: readonly string[] | undefined;
  readonly user?: string | undefined;
  readonly network?: string | undefined;
  /** What the app listens on in it. */
  readonly port: number;
  /** The port of 127.0.0.1 that leads there; none where it is reached by its own address. */
  readonly published?: number | undefined;
  readonly mounts: readonly Mount[];
  /** Bytes. */
  readonly memory?: number | undefined;
  readonly readOnly: boolean;
  readonly drop: readonly string[];
}

/** A file or folder of the host, where it is in a container. */
export interface Mount {
  readonly source: string;
  readonly at: string;
  readonly writable: boolean;
}

const labels = z
  .record(z.string(), z.string())
  .nullish()
  .transform((found) => found ?? {});
const network = z.object({ IPAddress: z.string().max(100).optional() });
const container = z.object({
  Id: z.string().max(200),
  Image: z.string().max(500),
  RestartCount: z.int().optional(),
  State: z.object({ Running: z.boolean(), Restarting: z.boolean().optional(), ExitCode: z.int().optional() }),
  NetworkSettings: z.object({ Networks: z.record(z.string(), network).nullish() }),
});
const listed = z.array(z.object({ Id: z.string().max(200), State: z.string().max(100), Labels: labels }));
const image = z.object({ Id: z.string().regex(/^(sha256:)?[0-9a-f]{64}$/) });
const made = z.object({ Id: z.string().min(1).max(200) });
const refusal = z.object({ message: z.string() });

/** A container, as its engine tells of it. */
export interface Container {
  readonly id: string;
  readonly running: boolean;
  /** How often it ended by itself and was started anew. */
  readonly restarts: number;
  readonly exitCode: number;
  /** Its addresses, by network. */
  readonly addresses: ReadonlyMap<string, string>;
}

/** What a list of containers tells of each. */
export interface Listed {
  readonly id: string;
  readonly running: boolean;
  readonly labels: Readonly<Record<string, string>>;
}

/** A login at a registry. */
export interface RegistryLogin {
  readonly user: string;
  readonly password: string;
}

/**
 * Docker or Podman, over the Docker Engine API on its socket. Each call ends within its deadline.
 * @throws {Failure} ENGINE_UNREACHABLE (transient) or ENGINE_REFUSED, from any of them
 */
export interface ContainerEngine {
  /** Takes what an archive of `docker save` holds. @throws {Failure} IMAGE_INVALID */
  readonly load: (archive: AsyncIterable<Buffer>, deadline: number) => Promise<void>;
  /** Fetches an image of a registry by its digest, and tells its id. @throws {Failure} IMAGE_UNKNOWN */
  readonly pull: (
    wanted: { readonly name: string; readonly digest: string; readonly login?: RegistryLogin | undefined },
    deadline: number,
  ) => Promise<void>;
  /** The id of an image; nothing where the engine has none of that name. */
  readonly imageId: (name: string) => Promise<string | undefined>;
  readonly removeImage: (id: string) => Promise<void>;
  /** Makes a container, and tells its id. @throws {Failure} IMAGE_UNKNOWN */
  readonly create: (spec: ContainerSpec) => Promise<string>;
  readonly start: (id: string) => Promise<void>;
  /** TERM, and KILL where it has not ended in time. One that is gone, or has ended, is stopped already. */
  readonly stop: (id: string, grace: number) => Promise<void>;
  readonly remove: (id: string) => Promise<void>;
  /** Every container with these labels, also those that do not run. */
  readonly list: (labels: Readonly<Record<string, string>> | readonly string[]) => Promise<readonly Listed[]>;
  readonly inspect: (id: string) => Promise<Container | undefined>;
  /** The last lines of what it said. */
  readonly lastWords: (id: string) => Promise<string>;
}

/** What we are written for; an engine that knows only older ones is asked in its own. */
const NEWEST = "1.44";
const OLDEST = "1.24";
const QUICK = 30_000;
const MOST_WORDS = 4_000;
const REMOVALS = 5;
const REMOVAL_PAUSE = 200;

/** The engine that listens on a socket, which is asked for its version at the first call. */
export function engineAt(socket: string, signal?: AbortSignal): ContainerEngine {
  let version: Promise<string> | undefined;
  const call = async (asked: Asked): Promise<Answered> => {
    version ??= versionOf(socket, signal).catch((error: unknown) => {
      version = undefined;
      throw error;
    });
    return ask(socket, { signal, ...asked, path: `/v${await version}${asked.path}` });
  };
  const refused = (
    attempt: string,
    answer: Answered,
    code: "ENGINE_REFUSED" | "IMAGE_UNKNOWN" | "IMAGE_INVALID" = "ENGINE_REFUSED",
  ) =>
    new Failure(code, `Cannot ${attempt}: the container engine at ${socket} says ${wordsOf(answer)}`, {
      transient: answer.status >= 500,
    });
  const insist = async (
    attempt: string,
    asked: Omit<Asked, "deadline">,
    fine: readonly number[],
    deadline = QUICK,
  ) => {
    const answer = await call({ ...asked, deadline });
    if (answer.status < 300 || fine.includes(answer.status)) return answer;
    throw refused(
      attempt,
      answer,
      attempt.startsWith("make") && answer.status === 404 ? "IMAGE_UNKNOWN" : "ENGINE_REFUSED",
    );
  };
  const read = <Schema extends z.ZodType>(schema: Schema, { body }: Answered): z.infer<Schema> => {
    const { data } = schema.safeParse(parsed(body.toString("utf8")));
    if (data !== undefined) return data;
    throw new Failure("ENGINE_REFUSED", `Cannot understand what the container engine at ${socket} says`);
  };
  const at = (id: string, rest = "") => `/containers/${encodeURIComponent(id)}${rest}`;

  return {
    load: async (archive, deadline) => {
      const said = openSaid();
      const answer = await call({
        method: "POST",
        path: "/images/load",
        query: { quiet: "1" },
        body: { archive },
        deadline,
        onBytes: said.add,
      });
      const { error } = said.end();
      if (answer.status >= 300) throw refused("load the image", answer, "IMAGE_INVALID");
      if (error !== undefined) throw new Failure("IMAGE_INVALID", `Cannot load the image: ${error}`);
    },
    pull: async ({ name, digest, login }, deadline) => {
      const said = openSaid();
      const answer = await call({
        method: "POST",
        path: "/images/create",
        query: { fromImage: name, tag: digest },
        headers: login === undefined ? {} : { "x-registry-auth": encodedLogin(login) },
        deadline,
        onBytes: said.add,
      });
      const { error } = said.end();
      const what = `pull ${name}@${digest}`;
      if (answer.status >= 300) throw refused(what, answer, "IMAGE_UNKNOWN");
      if (error !== undefined)
        throw new Failure("IMAGE_UNKNOWN", `Cannot ${what}: ${error}`, { transient: true });
    },
    imageId: async (name) => {
      const parts = name.split("/");
      // No image is called so, and a path of the engine's might be.
      if (parts.some((part) => ["", ".", ".."].includes(part))) return undefined;
      const path = `/images/${parts.map(encodeURIComponent).join("/")}/json`;
      const answer = await insist(`look for the image ${name}`, { method: "GET", path }, [404]);
      if (answer.status === 404) return undefined;
      const { Id } = read(image, answer);
      return Id.startsWith("sha256:") ? Id : `sha256:${Id}`;
    },
    removeImage: async (id) => {
      // What something else still needs stays.
      await insist(
        `remove the image ${id}`,
        { method: "DELETE", path: `/images/${encodeURIComponent(id)}` },
        [404, 409],
      );
    },
    create: async (spec) => {
      const asked = { method: "POST", path: "/containers/create", query: { name: spec.name } } as const;
      return read(
        made,
        await insist(`make the container ${spec.name}`, { ...asked, body: { json: wordsFor(spec) } }, []),
      ).Id;
    },
    start: async (id) =>
      void (await insist(
        `start the container ${id}`,
        { method: "POST", path: at(id, "/start") },
        [304],
        2 * QUICK,
      )),
    stop: async (id, grace) => {
      const query = { t: String(Math.ceil(grace / 1_000)) };
      await insist(
        `stop the container ${id}`,
        { method: "POST", path: at(id, "/stop"), query },
        [304, 404],
        grace + QUICK,
      );
    },
    remove: async (id) => {
      const asked = {
        method: "DELETE",
        path: at(id),
        query: { force: "true", v: "true" },
        deadline: QUICK,
      } as const;
      // One that the engine is just starting anew, or removing, cannot be had at once.
      for (let left = REMOVALS; ; left -= 1) {
        const answer = await call(asked);
        if (answer.status < 300 || answer.status === 404) return;
        if (left <= 1) throw refused(`remove the container ${id}`, answer);
        await pause(REMOVAL_PAUSE, signal);
      }
    },
    list: async (wanted) => {
      const label = Array.isArray(wanted)
        ? wanted
        : Object.entries(wanted).map(([key, value]) => `${key}=${value}`);
      const query = { all: "true", filters: JSON.stringify({ label }) };
      const answer = await insist("list containers", { method: "GET", path: "/containers/json", query }, []);
      return read(listed, answer).map(({ Id, State, Labels }) => ({
        id: Id,
        running: State === "running",
        labels: Labels,
      }));
    },
    inspect: async (id) => {
      const answer = await insist(
        `look at the container ${id}`,
        { method: "GET", path: at(id, "/json") },
        [404],
      );
      if (answer.status === 404) return undefined;
      const { Id, RestartCount = 0, State, NetworkSettings } = read(container, answer);
      return {
        id: Id,
        running: State.Running && State.Restarting !== true,
        restarts: RestartCount,
        exitCode: State.ExitCode ?? 0,
        addresses: new Map(
          Object.entries(NetworkSettings.Networks ?? {}).flatMap(([name, { IPAddress = "" }]) =>
            IPAddress === "" ? [] : [[name, IPAddress] as const],
          ),
        ),
      };
    },
    lastWords: async (id) => {
      const query = { stdout: "true", stderr: "true", tail: "20" };
      const answer = await call({ method: "GET", path: at(id, "/logs"), query, deadline: QUICK });
      return answer.status >= 300 ? "" : textOfLog(answer.body).trimEnd().slice(-MOST_WORDS);
    },
  };
}

/** The version of the API that both sides know. */
async function versionOf(socket: string, signal: AbortSignal | undefined): Promise<string> {
  const { status, headers } = await ask(socket, { method: "GET", path: "/_ping", deadline: QUICK, signal });
  const theirs = String(headers["api-version"] ?? "");
  if (status !== 200 || !/^1\.\d{1,3}$/.test(theirs))
    throw new Failure("ENGINE_REFUSED", `Cannot use ${socket}: what listens there is no container engine`);
  const minor = (text: string) => Number(text.slice(2));
  if (minor(theirs) < minor(OLDEST))
    throw new Failure(
      "ENGINE_REFUSED",
      `Cannot use ${socket}: its API is of version ${theirs}, and must be ${OLDEST} at least`,
    );
  return minor(theirs) < minor(NEWEST) ? theirs : NEWEST;
}

function wordsFor(spec: ContainerSpec) {
  const port = `${spec.port}/tcp`;
  const published =
    spec.published === undefined
      ? {}
      : { [port]: [{ HostIp: "127.0.0.1", HostPort: String(spec.published) }] };
  return {
    Image: spec.image,
    Labels: spec.labels,
    Env: Object.entries(spec.env).map(([name, value]) => `${name}=${value}`),
    ExposedPorts: { [port]: {} },
    ...(spec.command && { Cmd: spec.command }),
    ...(spec.user && { User: spec.user }),
    HostConfig: {
      Privileged: false,
      // What runs in it never gets more than it was started with.
      SecurityOpt: ["no-new-privileges"],
      CapDrop: spec.drop,
      ReadonlyRootfs: spec.readOnly,
      RestartPolicy: { Name: "unless-stopped" },
      PortBindings: published,
      Mounts: spec.mounts.map(({ source, at, writable }) => ({
        Type: "bind",
        Source: source,
        Target: at,
        ReadOnly: !writable,
      })),
      ...(spec.network && { NetworkMode: spec.network }),
      ...(spec.memory && { Memory: spec.memory }),
    },
  };
}

const encodedLogin = ({ user, password }: RegistryLogin): string =>
  Buffer.from(JSON.stringify({ username: user, password })).toString("base64url");

function wordsOf({ status, body }: Answered): string {
  const text = body.toString("utf8");
  const said = refusal.safeParse(parsed(text)).data?.message ?? text;
  return `${status}: ${said.trim().slice(0, 1_000)}`;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
