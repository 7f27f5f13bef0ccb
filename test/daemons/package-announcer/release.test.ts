import { expect, test } from "vitest";
import { withoutArmour } from "../../../daemons/package-announcer/release.ts";

const BEGIN = "-----BEGIN PGP SIGNED MESSAGE-----\n";
const SIGNATURE = "-----BEGIN PGP SIGNATURE-----\nxyz\n-----END PGP SIGNATURE-----\n";

test("of a text that was signed in the clear, what was signed is read", () => {
  expect(withoutArmour(`${BEGIN}Hash: SHA512\n\nSuite: lab\n- -dashed\n${SIGNATURE}`)).toBe(
    "Suite: lab\n-dashed\n",
  );
  expect(withoutArmour("Suite: lab\n")).toBe("Suite: lab\n");
});

test("one that begins again and again, and never ends, is read at once", () => {
  const begun = performance.now();
  withoutArmour(BEGIN.repeat(100_000));
  expect(performance.now() - begun).toBeLessThan(500);
});
