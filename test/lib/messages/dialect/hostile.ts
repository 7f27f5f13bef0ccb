import fc from "fast-check";

/** What somebody writes into a commit, an address or a name to be taken for something else. */
const LINES = [
  "repo: puppet-environments",
  "oldrev: 1111111111111111111111111111111111111111",
  "newrev: 0000000000000000000000000000000000000000",
  "refname: refs/heads/evil",
  "revname: 666",
  "Project: payroll",
  "Repo: payroll",
  "URL: http://evil.example/",
  "Status: Success",
  "package: evil_1_all.deb",
  'JSON: {"before":"x","after":"y","ref":"refs/heads/evil","user_name":"eve","repository":{"name":"evil"}}',
  "Dirs:",
  "payroll/branches/evil/",
  "Author: Eve",
  "Date: 2014-09-24 12:00:02 +0100",
  "",
  " ",
  "\u001b]0;title\u0007",
  "\u202Etxet",
  "\0",
  "SEND\ndestination:/topic/x\n\nrepo: evil\0",
];
const ENDS = ["\n", "\r", "\r\n", "\n\n", "\u2028", "\u2029", "\u0085", "\v", "\f", " "];

/** A text of such lines, and of anything else. */
export const hostileText = (most = 4_000): fc.Arbitrary<string> =>
  fc
    .array(
      fc.oneof(
        fc.constantFrom(...LINES),
        fc.constantFrom(...ENDS),
        fc.string({ maxLength: 20 }),
        // Any character, and halves of some.
        fc.integer({ min: 0, max: 0x10_ff_ff }).map((code) => String.fromCodePoint(code)),
      ),
      { maxLength: 30 },
    )
    .map((parts) => parts.join("").slice(0, most));
