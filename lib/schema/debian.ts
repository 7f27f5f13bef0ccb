import { z } from "zod";

const shaped = <Brand extends string>(pattern: RegExp, form: string) =>
  z
    .string({ error: `must be ${form}` })
    .regex(pattern, { error: `must be ${form}` })
    .brand<Brand>();

/** A Debian package, by Debian Policy 5.6.1. It begins with no `-`, and means nothing to a shell. */
export const packageName = shaped<"PackageName">(
  /^[a-z0-9][a-z0-9+.-]{1,127}$/,
  "the name of a Debian package such as kit-hello",
);
export type PackageName = z.infer<typeof packageName>;

/** A version of a Debian package, by Debian Policy 5.6.12. */
export const packageVersion = shaped<"PackageVersion">(
  /^[0-9A-Za-z][0-9A-Za-z.+~:-]{0,127}$/,
  "a version of a Debian package such as 1.2.0-1",
);
export type PackageVersion = z.infer<typeof packageVersion>;

/** A suite, a component or an architecture of an archive: `bookworm`, `main`, `bookworm/updates`. */
export const archiveWord = shaped<"ArchiveWord">(
  /^(?=.{1,100}$)(?!.*\.\.)[A-Za-z0-9][A-Za-z0-9._+-]*(\/[A-Za-z0-9][A-Za-z0-9._+-]*)*$/,
  "a word such as bookworm",
);
export type ArchiveWord = z.infer<typeof archiveWord>;

/** The name of a package's file, as it lies in an archive: `kit-hello_1.0_all.deb`. */
export const packageFile = shaped<"PackageFile">(
  /^(?=.{1,255}$)[A-Za-z0-9][A-Za-z0-9._+~%:-]*\.(deb|udeb|ddeb|dsc)$/,
  "the name of a package's file such as kit-hello_1.0_all.deb",
);
export type PackageFile = z.infer<typeof packageFile>;
