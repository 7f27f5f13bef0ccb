import type { z } from "zod";
import { named } from "./names.ts";

/** A Debian package, by Debian Policy 5.6.1. It begins with no `-`, and means nothing to a shell. */
export const packageName = named<"PackageName">(
  /^[a-z0-9][a-z0-9+.-]{1,127}$/,
  "the name of a Debian package such as kit-hello",
);
export type PackageName = z.infer<typeof packageName>;

/** A version of a Debian package, by Debian Policy 5.6.12. */
export const packageVersion = named<"PackageVersion">(
  /^[0-9A-Za-z][0-9A-Za-z.+~:-]{0,127}$/,
  "a version of a Debian package such as 1.2.0-1",
);
export type PackageVersion = z.infer<typeof packageVersion>;

/** A suite, a component or an architecture of an archive: `bookworm`, `main`, `bookworm/updates`. */
export const archiveWord = named<"ArchiveWord">(
  /^(?=.{1,100}$)(?!.*\.\.)[A-Za-z0-9][A-Za-z0-9._+-]*(\/[A-Za-z0-9][A-Za-z0-9._+-]*)*$/,
  "a word such as bookworm",
);

/** The name of a package's file, as it lies in an archive: `kit-hello_1.0_all.deb`. */
export const packageFile = named<"PackageFile">(
  /^(?=.{1,255}$)[A-Za-z0-9][A-Za-z0-9._+~%:-]*\.(deb|udeb|ddeb|dsc)$/,
  "the name of a package's file such as kit-hello_1.0_all.deb",
);
