import { gzipSync } from "node:zlib";

/** A member of a tar that is made byte by byte, as no sane program would make it. */
export interface Made {
  readonly name: string | Buffer;
  readonly type?: string;
  readonly contents?: string | Buffer;
  readonly link?: string;
  readonly mode?: number;
  /** What the header says, where that is not the truth. */
  readonly size?: number;
  readonly magic?: string;
}

const BLOCK = 512;
const octal = (value: number, length: number) => `${value.toString(8).padStart(length - 1, "0")}\0`;
const filled = (bytes: Buffer) =>
  Buffer.concat([bytes, Buffer.alloc((BLOCK - (bytes.length % BLOCK)) % BLOCK)]);

function header({ name, type = "0", contents = "", link = "", mode, size, magic }: Made): Buffer {
  const block = Buffer.alloc(BLOCK);
  const put = (at: number, value: string | Buffer, most: number) =>
    void Buffer.from(value).copy(block, at, 0, Math.min(most, Buffer.byteLength(value)));
  put(0, name, 100);
  block.write(octal(mode ?? (type === "5" ? 0o755 : 0o644), 8), 100);
  block.write(octal(1_234, 8), 108);
  block.write(octal(1_234, 8), 116);
  const length = size ?? Buffer.byteLength(contents);
  if (length < 8 ** 11) block.write(octal(length, 12), 124);
  else {
    block[124] = 0x80;
    block.writeBigUInt64BE(BigInt(length), 128);
  }
  block.write(octal(1_700_000_000, 12), 136);
  block.write(type, 156, "latin1");
  put(157, link, 100);
  block.write(magic ?? "ustar\x0000", 257, "latin1");
  block.write("        ", 148);
  block.write(
    `${octal(
      block.reduce((sum, byte) => sum + byte, 0),
      7,
    )} `,
    148,
  );
  return block;
}

/** One member: its header and what is in it. */
export const aMember = (made: Made): Buffer =>
  Buffer.concat([header(made), filled(Buffer.from(made.contents ?? ""))]);

/** An extended header with some records, as pax writes it before a member. */
export function records(fields: Readonly<Record<string, string>>, type = "x"): Buffer {
  const contents = Object.entries(fields).map(([key, value]) => {
    const rest = ` ${key}=${value}\n`;
    let length = Buffer.byteLength(rest);
    while (String(length).length + Buffer.byteLength(rest) !== length)
      length = String(length).length + Buffer.byteLength(rest);
    return `${length}${rest}`;
  });
  return aMember({ name: "PaxHeader", type, contents: contents.join("") });
}

export const END = Buffer.alloc(2 * BLOCK);

/** A tar of members, each as told or as bytes. */
export const aTar = (...members: readonly (Made | Buffer)[]): Buffer =>
  Buffer.concat([...members.map((each) => (Buffer.isBuffer(each) ? each : aMember(each))), END]);

/** A `.tar.gz` of files in one folder, by their paths. */
export const aPackedTar = (files: Readonly<Record<string, string | Made>>, top = "shop"): Buffer =>
  gzipSync(
    aTar(
      ...Object.entries(files).map(([path, what]) =>
        typeof what === "string"
          ? { name: `${top}/${path}`, contents: what }
          : { ...what, name: `${top}/${path}` },
      ),
    ),
  );
