import { randomBytes } from "node:crypto";

/** A source of ids that nobody else will use, now or after a restart, of characters that need no escaping in any version. */
export function identities(): () => string {
  const source = randomBytes(9).toString("base64url");
  let count = 0;
  return () => `${source}-${(count++).toString(36)}`;
}
