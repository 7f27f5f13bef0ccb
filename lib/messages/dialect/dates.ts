/** A date as git, Subversion and the forges print it, or undefined where it is none. */
export function readDate(text: string): string | undefined {
  const [, day, time, hours, minutes] =
    /^(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d)(?:\.\d+)? ?(?:Z|([+-]\d\d):?(\d\d))/.exec(text) ?? [];
  if (day === undefined) return undefined;
  const date = new Date(`${day}T${time}${hours === undefined ? "Z" : `${hours}:${minutes}`}`);
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString();
}

/** An instant as git prints it: `2014-09-24 12:00:02 +0100`. */
export function writeDate(instant: string): string {
  const [, day, time, offset = "Z"] = /^(.+?)T(.+?)(?:\.\d+)?(Z|[+-].+)?$/.exec(instant) ?? [];
  return `${day} ${time} ${offset === "Z" ? "+0000" : offset.replace(":", "")}`;
}

/** An instant as Subversion prints it: `2026-11-20 23:28:19 +0000 (Fri, 20 Nov 2026)`. */
export function writeSvnDate(instant: string): string {
  const [weekday, day, month, year] = new Date(instant).toUTCString().split(/,? /);
  return `${writeDate(new Date(instant).toISOString())} (${weekday}, ${day} ${month} ${year})`;
}
