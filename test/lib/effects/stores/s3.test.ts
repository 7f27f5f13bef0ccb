import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Line } from "../../../../lib/artifacts/metadata.ts";
import { storeOn } from "../../../../lib/artifacts/store.ts";
import { s3Objects } from "../../../../lib/effects/stores/s3.ts";
import { artifactName, artifactVersion, targetName } from "../../../../lib/schema/artifacts.ts";
import { appName } from "../../../../lib/schema/names.ts";
import { Secret } from "../../../../lib/schema/secret.ts";
import { aFolder } from "../../../support/folder.ts";
import { describeNeeding } from "../../../support/needing.ts";
import { type S3Server, startS3 } from "../../../support/s3-server.ts";

const LINE: Line = {
  app: appName.parse("shop"),
  target: targetName.parse("master"),
  artifact: artifactName.parse("shop.tar.gz"),
};
const version = (name: string) => artifactVersion.parse(name);

describeNeeding(
  { "/usr/lib/python3/dist-packages/botocore/auth.py": "python3-botocore" },
  "a bucket whose server checks each signature as Amazon does",
  () => {
    let server: S3Server;
    beforeAll(async () => {
      server = await startS3();
    });
    afterAll(() => server.end());

    const put = async (name: string, contents: string) => {
      const file = join(aFolder(), "file");
      writeFileSync(file, contents);
      return storeOn(s3Objects(server.bucket)).put(LINE, {
        file,
        version: version(name),
        metadata: { by: name },
      });
    };

    test("keeps versions, their digests and what is latest, however many there are", async () => {
      const store = storeOn(s3Objects(server.bucket));
      for (const name of ["1.9", "1.10", "1.2", "1.2-x"]) await put(name, `contents of ${name}`);
      expect(await store.versions(LINE)).toEqual(["1.2", "1.2-x", "1.9", "1.10"]);
      expect(await store.latest(LINE)).toBe("1.2-x");
      expect((await store.describe(LINE, version("1.9"))).metadata).toEqual({ by: "1.9" });
      expect(await text((await store.open(LINE, version("1.10"))).bytes)).toBe("contents of 1.10");
      expect(await text((await store.open(LINE, version("1.10"), 9)).bytes)).toBe("of 1.10");
      await store.delete(LINE, version("1.2-x"));
      expect(await store.latest(LINE)).toBe("1.10");
      await store.gc(LINE, 1);
      expect(await store.versions(LINE)).toEqual(["1.10"]);
      await expect(store.describe(LINE, version("7"))).rejects.toMatchObject({ code: "ARTIFACT_UNKNOWN" });
    });

    test("lets nobody in with another key, and the key is in no error", async () => {
      const wrong = storeOn(s3Objects({ ...server.bucket, secretKey: new Secret("not-the-key-that-it-is") }));
      const refused: unknown = await wrong.versions(LINE).catch((error: unknown) => error);
      expect(refused).toBeInstanceOf(Error);
      expect(String(refused)).not.toContain("not-the-key-that-it-is");
    });
  },
);
