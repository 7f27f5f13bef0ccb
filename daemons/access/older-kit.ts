import { codeOf, Failure, reasonOf } from "../../lib/failure.ts";
import type { Data, Message } from "../../lib/messages/catalogue.ts";
import { password as passwordForm } from "../../lib/schema/logins.ts";
import { loginName, siteName } from "../../lib/schema/names.ts";
import { hashPassword } from "../../lib/security/password.ts";
import type { Here } from "./desk.ts";
import { keyOf, type Login } from "./login.ts";
import { event, settle } from "./settle.ts";
import { siteOf } from "./sites.ts";

/** How long a login of the older kit is good, in milliseconds: what it always was. */
const FORTNIGHT = 14 * 86_400_000;
/** How often it is told that such messages are refused, in milliseconds: anybody may send many. */
const BETWEEN_COMPLAINTS = 60_000;

/** Lets somebody in whom the older kit's front end asks for, where that is allowed. Nothing that it throws may hold the password. */
export async function* olderKit(asked: Data<"access.asked">, here: Here): AsyncGenerator<Message, void> {
  if (siteOf(here.config.sites, asked.site) === undefined) return;
  let login: Login;
  try {
    login = loginFor(asked, here);
    await here.deps.logins.put(keyOf(login), login);
  } catch (error) {
    yield* complain(error, here);
    return;
  }
  yield* settle(login.site, here);
  if (here.deps.logins.all.get(keyOf(login))?.told === true)
    yield event(`added ${login.user} to ${login.site}, as the older kit asked`, here);
}

/** @throws {Failure} ACCESS_OLDER_KIT or NAME_INVALID */
function loginFor({ site, user, password }: Data<"access.asked">, { config, now }: Here): Login {
  const allowed = config["older-kit"] && config["older-kit-sites"].some((each) => each === site);
  if (!allowed)
    throw new Failure(
      "ACCESS_OLDER_KIT",
      `refused a login at ${site} that was asked for in the older kit's way: unsigned, its password in clear`,
    );
  const name = loginName.safeParse(user);
  if (!name.success)
    throw new Failure(
      "NAME_INVALID",
      `refused a login at ${site}: the user's name must be such as dana or dana@example.com`,
    );
  if (!passwordForm.safeParse(password).success)
    throw new Failure(
      "NAME_INVALID",
      `refused a login of ${name.data} at ${site}: its password is no password`,
    );
  const at = now();
  return {
    site: siteName.parse(site),
    user: name.data,
    hash: hashPassword(password),
    until: at.getTime() + Math.min(FORTNIGHT, config.longest),
    by: "the older kit",
    why: "",
    at: at.toISOString(),
    told: false,
  };
}

function* complain(error: unknown, here: Here): Generator<Message, void> {
  const { complaints } = here.deps;
  const now = here.now().getTime();
  if (now - complaints.last < BETWEEN_COMPLAINTS) {
    complaints.unsaid += 1;
    return;
  }
  const more = complaints.unsaid === 0 ? "" : `, and ${complaints.unsaid} before it`;
  [complaints.last, complaints.unsaid] = [now, 0];
  const code = codeOf(error) ?? "E_STORAGE";
  here.log.warn({ code }, reasonOf(error));
  const advice = error instanceof Failure ? `. ${error.advice}` : "";
  yield event(`${reasonOf(error)}${more} [${code}]${advice}`, here);
}
