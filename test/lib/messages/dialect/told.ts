import { reasonOf, codeOf } from "../../../../lib/failure.ts";
import { STANDARD_TOPICS } from "../../../../lib/messages/destinations.ts";
import type { Message } from "../../../../lib/messages/catalogue.ts";
import type { Frame } from "../../../../lib/messages/frame.ts";
import { read } from "../../../../lib/messages/wire.ts";

const now = new Date("2026-11-25T02:00:00Z");

/** What a frame is taken for, in one line: everything that it tells but the time, which is that of its arrival. */
export function told(frame: Frame): string {
  try {
    const envelope = read(frame, { topics: STANDARD_TOPICS, now });
    return envelope === undefined ? "a beat" : line(envelope);
  } catch (error) {
    return `${codeOf(error)}: ${reasonOf(error)}`;
  }
}

function line({ type, data }: Message): string {
  const short = (id: string) => id.slice(0, 7);
  switch (type) {
    case "commit.pushed": {
      const { repository, project, ref, before, after, change, pusher, commits } = data;
      const commit = commits.map(
        (each) => `${short(each.revision)} ${each.author.name} ${each.at} ${JSON.stringify(each.message)}`,
      );
      const where = project === undefined ? repository : `${repository}:${project}`;
      return [
        `${where} ${ref} ${short(before)} ${short(after)} ${change}`,
        ...(pusher === undefined ? [] : [`by ${pusher}`]),
        ...commit,
      ].join(" | ");
    }
    case "build.finished":
      return `${data.build} ${data.repository} ${data.ref} ${short(data.revision)} ${data.outcome} ${data.url}`;
    case "package.published":
      return `${data.package} ${data.version} ${data.architecture} ${data.action} ${data.file}`;
    case "access.asked":
      return `${data.user} asks for ${data.site} with ${data.password}`;
    case "event.said":
      return `${data.source}: ${data.text}`;
    default:
      return type;
  }
}
