import { keyLines, refused, type TextForm } from "./text.ts";

const WHAT = "a text of the access front end";
const KEYS = ["Site", "User", "Password"] as const;

/** What the older front end asks stomp-access for. A line end in what somebody typed there would forge a line: then nothing of it counts. */
export const accessText: TextForm = {
  begins: /^(Site|User|Password):/,
  read: ({ text, at }) => {
    const { keys, rest } = keyLines(text, WHAT);
    if (rest.trim() !== "" || [...keys.keys()].join() !== KEYS.join())
      throw refused(WHAT, `it is not the three lines ${KEYS.join(", ")}`);
    const [site, user, password] = KEYS.map((key) => keys.get(key));
    return { type: "access.asked", data: { site, user, password, at } };
  },
};

/** A frame without the password of such a text: what is refused rests for long, and is looked at. */
export const withoutPassword = (body: Uint8Array): Uint8Array => {
  const text = Buffer.from(body).toString("latin1");
  return /^Password:/m.test(text) ? Buffer.from(text.replace(/^(Password:).*$/gm, "$1 ***"), "latin1") : body;
};
