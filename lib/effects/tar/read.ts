import { Failure } from "../../failure.ts";
import { BLOCK, damaged, decimal, type Header, readHeader, readRecords, shown } from "./header.ts";

/** A member of a tar, and what is in it, as it comes. What is not read is passed over. */
export interface Member extends Header {
  readonly contents: () => AsyncGenerator<Buffer, void>;
}

/** More than this no header says about one member. */
const MOST_ABOUT = 64 * 1024;

/** What the headers before that of a member say about it. */
type About = Partial<Pick<Header, "name" | "link" | "size" | "mtime">>;

/**
 * Reads a tar of any of the usual formats (v7, ustar, GNU, pax), as strictly as can be: an archive is wholly understood, or
 * refused.
 * @throws {Failure} E_TAR_FORMAT, E_TAR_TYPE, or E_TAR_TRUNCATED
 */
export async function* readTar(chunks: AsyncIterable<Buffer>): AsyncGenerator<Member, void> {
  const bytes = byteReader(chunks);
  try {
    yield* members(bytes);
  } finally {
    await bytes.close();
  }
}

async function* members(bytes: ByteReader): AsyncGenerator<Member, void> {
  let about: About = {};
  for (;;) {
    const header = readHeader(await bytes.take(BLOCK));
    if (header === undefined) return requireEnd(bytes);
    const more = await aboutNext(header, bytes);
    if (more !== undefined) {
      about = { ...about, ...more };
      continue;
    }
    const member = { ...header, ...about };
    about = {};
    let left = member.size;
    const contents = async function* () {
      while (left > 0) {
        const chunk = await bytes.some(left);
        left -= chunk.length;
        yield chunk;
      }
    };
    yield { ...member, contents };
    for await (const _passedOver of contents());
    await bytes.take(padding(member.size));
  }
}

const padding = (size: number): number => (BLOCK - (size % BLOCK)) % BLOCK;

/** What a header says that is about the next member; nothing where it is of a member itself. */
async function aboutNext({ type, size }: Header, bytes: ByteReader): Promise<About | undefined> {
  if (!["x", "g", "L", "K"].includes(type)) return undefined;
  if (size > MOST_ABOUT) throw damaged(`${size} bytes are said about one member`);
  const said = await bytes.take(size);
  await bytes.take(padding(size));
  const text = said.toString("latin1").replace(/\0+$/, "");
  if (type === "L") return { name: text };
  if (type === "K") return { link: text };
  const records = readRecords(said);
  if (type === "x") return fromRecords(records);
  // One that is about all members, as git writes it, is a comment.
  if (["path", "linkpath", "size"].some((key) => records.has(key)))
    throw damaged("a global header names a path for all members");
  return {};
}

function fromRecords(records: ReadonlyMap<string, string>): About {
  if ([...records.keys()].some((key) => key.startsWith("GNU.sparse")))
    throw new Failure(
      "E_TAR_TYPE",
      "Cannot unpack the archive: it holds a sparse file: pack it without --sparse",
    );
  const [name, link, size] = ["path", "linkpath", "size"].map((key) => records.get(key));
  if ([name, link].some((each) => each?.includes("\0")))
    throw damaged(`the name ${shown(name ?? "")} holds a zero`);
  return {
    ...(name !== undefined && { name }),
    ...(link !== undefined && { link }),
    ...(size !== undefined && { size: decimal(size) }),
  };
}

/** After the first empty block, nothing but zeros may come. */
async function requireEnd(bytes: ByteReader): Promise<void> {
  for await (const chunk of bytes.rest())
    if (chunk.some((byte) => byte !== 0)) throw damaged("something follows after its end");
}

interface ByteReader {
  /** Just so many. */
  readonly take: (size: number) => Promise<Buffer>;
  /** As many as there are, up to so many; at least one. */
  readonly some: (most: number) => Promise<Buffer>;
  readonly rest: () => AsyncGenerator<Buffer, void>;
  /** Nobody reads on: what the bytes come from is let go. */
  readonly close: () => Promise<void>;
}

function byteReader(chunks: AsyncIterable<Buffer>): ByteReader {
  const source = chunks[Symbol.asyncIterator]();
  let held: Buffer = Buffer.alloc(0);
  const more = async (): Promise<Buffer | undefined> => {
    const next = await source.next();
    return next.done === true ? undefined : next.value;
  };
  const some = async (most: number): Promise<Buffer> => {
    while (held.length === 0) {
      const next = await more();
      if (next === undefined) throw truncated();
      held = next;
    }
    const part = held.subarray(0, most);
    held = held.subarray(part.length);
    return part;
  };
  return {
    some,
    take: async (size) => {
      const parts: Buffer[] = [];
      for (let left = size; left > 0;) {
        const part = await some(left);
        parts.push(part);
        left -= part.length;
      }
      return parts.length === 1 ? (parts[0] ?? held) : Buffer.concat(parts);
    },
    rest: async function* () {
      for (let next: Buffer | undefined = held; next !== undefined; next = await more()) yield next;
    },
    close: async () => void (await source.return?.()),
  };
}

/** That an archive ends before its end. */
export const truncated = (): Failure =>
  new Failure("E_TAR_TRUNCATED", "Cannot unpack the archive: it ends before its end");
