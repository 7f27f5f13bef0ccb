import { z } from "zod";

const MILLISECONDS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
const BYTES = { B: 1, KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3 } as const;

function quantity<Unit extends string>(units: Readonly<Record<Unit, number>>, form: string) {
  const pattern = new RegExp(`^(\\d{1,9}(?:\\.\\d{1,3})?)(${Object.keys(units).join("|")})$`);
  return z
    .string({ error: `must be ${form}` })
    .regex(pattern, { error: `must be ${form}` })
    .transform((text) => {
      const [, amount = "0", unit = ""] = pattern.exec(text) ?? [];
      return Math.round(Number(amount) * units[unit as Unit]);
    });
}

/** A duration with its unit, such as `30s`; parsed to milliseconds. */
export const duration = quantity(MILLISECONDS, "a duration such as 500ms, 30s, 10m, 2h or 14d");

/** A size with its unit, such as `10MiB`; parsed to bytes. */
export const size = quantity(BYTES, "a size such as 512B, 64KiB, 10MiB or 1GiB");

/** A share of the hosts, such as `25%`, or a count of them. */
export const portion = z.union(
  [
    z.int().min(1),
    z
      .string()
      .regex(/^(100|[1-9]\d?)%$/, { error: "must be a count of hosts, or a percentage such as 25%" })
      .transform((text) => text as `${number}%`),
  ],
  { error: "must be a count of hosts, or a percentage such as 25%" },
);
export type Portion = z.infer<typeof portion>;

/** How many of `total` hosts a portion is: at least one. */
export function countOf(portion: Portion, total: number): number {
  return typeof portion === "number"
    ? portion
    : Math.max(1, Math.floor((total * Number.parseInt(portion, 10)) / 100));
}
