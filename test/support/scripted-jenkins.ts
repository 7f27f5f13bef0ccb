import { type Scripted, scriptedServer } from "./scripted-server.ts";

interface Run {
  readonly job: string;
  readonly item: number;
  readonly number: number;
  readonly parameters: Readonly<Record<string, string>>;
  state: "waiting" | "running" | "ended";
  result: string | null;
  log: string;
  revision?: string;
  branch?: string;
}

/**
 * A Jenkins as a test wants it: what was recorded from a real one tells how each answer looks, and this in which order they come.
 * `trouble` answers everything instead, while it is set.
 */
export function scriptedJenkins() {
  const server = scriptedServer();
  const runs: Run[] = [];
  let trouble: Scripted | undefined;
  /** What is answered to a request for a build, which takes effect all the same. */
  let afterPost: Scripted | undefined;
  const json = (body: unknown): Scripted => ({ status: 200, body });
  const actions = ({ parameters, revision, branch }: Run) => [
    { parameters: Object.entries(parameters).map(([name, value]) => ({ name, value })) },
    ...(revision === undefined
      ? []
      : [
          {
            lastBuiltRevision: {
              SHA1: revision,
              ...(branch === undefined ? {} : { branch: [{ SHA1: revision, name: branch }] }),
            },
          },
        ]),
  ];
  const shown = (run: Run) => ({
    number: run.number,
    url: `http://jenkins.example.com/job/${run.job}/${run.number}/`,
    building: run.state === "running",
    result: run.result,
    queueId: run.item,
    timestamp: Date.now(),
    actions: actions(run),
  });
  const answer = (key: string, body: string, query: URLSearchParams): Scripted | undefined => {
    const [, job = ""] = /\/job\/([^/]+)/.exec(key) ?? [];
    const [, item, number] = /\/queue\/item\/(\d+)|\/job\/[^/]+\/(\d+)/.exec(key) ?? [];
    const run = runs.find((each) =>
      item === undefined ? each.job === job && String(each.number) === number : String(each.item) === item,
    );
    if (/^POST \/job\/[^/]+\/build/.test(key)) {
      const parameters = Object.fromEntries(new URLSearchParams(body));
      const same = runs.find(
        (each) =>
          each.state === "waiting" &&
          each.job === job &&
          JSON.stringify(each.parameters) === JSON.stringify(parameters),
      );
      const queued = same ?? {
        job,
        item: 100 + runs.length,
        number: 1 + runs.length,
        parameters,
        state: "waiting" as const,
        result: null,
        log: "",
      };
      if (same === undefined) runs.push(queued);
      return (
        afterPost ?? { status: 201, headers: { location: `http://elsewhere/queue/item/${queued.item}/` } }
      );
    }
    if (key.startsWith("POST /queue/cancelItem")) {
      const found = runs.find((each) => String(each.item) === query.get("id"));
      if (found !== undefined) Object.assign(found, { state: "ended", result: "ABORTED", number: -1 });
      return { status: 204 };
    }
    if (key.endsWith("/stop")) {
      if (run !== undefined) Object.assign(run, { state: "ended", result: "ABORTED" });
      return { status: 302, headers: { location: "." } };
    }
    if (key === "GET /queue/api/json")
      return json({
        items: runs
          .filter(({ state }) => state === "waiting")
          .map((each) => ({
            id: each.item,
            task: { url: `http://elsewhere/job/${each.job}/` },
            actions: actions(each),
          })),
      });
    if (key.startsWith("GET /queue/item/")) {
      if (run === undefined) return { status: 404 };
      if (run.number === -1) return json({ id: run.item, cancelled: true, executable: null });
      return json({
        id: run.item,
        why: "Waiting for next available executor",
        ...(run.state === "waiting" ? {} : { executable: { number: run.number } }),
      });
    }
    if (key.endsWith("/logText/progressiveText")) {
      const start = Number(query.get("start"));
      const text = Buffer.from(run?.log ?? "");
      return {
        status: 200,
        headers: { "x-text-size": String(text.length) },
        body: text.subarray(start).toString(),
      };
    }
    if (/^GET \/job\/[^/]+\/api\/json$/.test(key))
      return json({ builds: runs.filter((each) => each.job === job && each.state !== "waiting").map(shown) });
    return run === undefined ? { status: 404 } : json(shown(run));
  };
  server.script(
    (key, { path, body }) => trouble ?? answer(key, body, new URLSearchParams(path.split("?")[1])),
  );
  return {
    url: server.url,
    close: server.close,
    runs,
    asked: server.asked,
    posts: () => server.asked.filter(({ method, path }) => method === "POST" && path.includes("/build")),
    trouble: (answer?: Scripted) => {
      trouble = answer;
    },
    afterPost: (answer?: Scripted) => {
      afterPost = answer;
    },
    begin: (index = 0, log = "") => Object.assign(runs[index] ?? {}, { state: "running", log }),
    end: (index: number, result: string, more: Partial<Run> = {}) =>
      Object.assign(runs[index] ?? {}, { state: "ended", result, ...more }),
  };
}
