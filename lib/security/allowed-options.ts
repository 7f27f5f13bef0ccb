/** What the options of a line of allowed_signers say (ssh-keygen(1), "ALLOWED SIGNERS"). */
export interface AllowedOptions {
  /** Patterns; everything where the line says nothing. */
  readonly namespaces: readonly string[];
  readonly validAfter: Date;
  readonly validBefore: Date;
}

const ALWAYS: AllowedOptions = {
  namespaces: ["*"],
  validAfter: new Date(-8.64e15),
  validBefore: new Date(8.64e15),
};
const OPTION = /([A-Za-z-]+)(?:="([^"\\]*)")?(,|$)/y;
const TIME = /^(\d{4})(\d{2})(\d{2})(?:(\d{2})(\d{2})(\d{2})?)?(Z?)$/;

/**
 * Reads options divided by commas. Their names may be written in any case, their values stand in double quotes.
 * @throws {RangeError} for an option that is unknown, comes twice, or is not supported
 */
export function parseAllowedOptions(text: string): AllowedOptions {
  const seen = new Set<string>();
  let options = ALWAYS;
  for (let at = 0; at < text.length; at = OPTION.lastIndex) {
    OPTION.lastIndex = at;
    const [whole = "", name = "", value = "", comma] = OPTION.exec(text) ?? [];
    if (whole === "" || (comma === "," && OPTION.lastIndex === text.length))
      throw new RangeError(`its options cannot be read: ${text.slice(at)}`);
    const option = name.toLowerCase();
    if (seen.has(option)) throw new RangeError(`it holds the option ${option} twice`);
    seen.add(option);
    options = { ...options, ...readOption(option, value) };
  }
  if (options.validBefore <= options.validAfter) throw new RangeError("it is never valid");
  return options;
}

function readOption(name: string, value: string): Partial<AllowedOptions> {
  switch (name) {
    case "namespaces":
      return { namespaces: listOf(value) };
    case "valid-after":
      return { validAfter: timeOf(value) };
    case "valid-before":
      return { validBefore: timeOf(value) };
    case "cert-authority":
      throw new RangeError("cert-authority is not supported: name the keys themselves");
    default:
      throw new RangeError(`${name} is not an option of allowed_signers`);
  }
}

function listOf(value: string): readonly string[] {
  const patterns = value.split(",");
  if (patterns.includes("")) throw new RangeError("an empty name is in its namespaces");
  return patterns;
}

/** YYYYMMDD[HHMM[SS]], in the time of the host, or in UTC with Z. */
function timeOf(value: string): Date {
  const [, year, month, day, hour = "00", minute = "00", second = "00", zone = ""] = TIME.exec(value) ?? [];
  const local = `${year}-${month}-${day}T${hour}:${minute}:${second}`;
  const time = new Date(`${local}${zone}`);
  // A day that the month does not have would silently become one of the next.
  const exists = !Number.isNaN(time.getTime()) && new Date(`${local}Z`).toISOString().startsWith(local);
  if (!exists) throw new RangeError(`${value} is not a time such as 20271231 or 202712312359Z`);
  return time;
}
