import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";

/** Whether a login and a passcode belong together. */
export type Authenticate = (login: string | undefined, passcode: string | undefined) => boolean;

/** Checks passcodes in the same time whether the login is known or not, and wherever the passcode begins to differ. */
export function authenticator(logins: ReadonlyMap<string, string>): Authenticate {
  const key = randomBytes(32);
  const digest = (text: string) => createHmac("sha256", key).update(text).digest();
  const expected = new Map([...logins].map(([login, passcode]) => [login, digest(passcode)]));
  const nobody = randomBytes(32);
  return (login, passcode) => {
    const wanted = expected.get(login ?? "");
    const same = timingSafeEqual(digest(passcode ?? ""), wanted ?? nobody);
    return same && wanted !== undefined && passcode !== undefined;
  };
}
