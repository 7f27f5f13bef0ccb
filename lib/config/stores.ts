import { z } from "zod";
import { storeName } from "../schema/artifacts.ts";
import { secretSource } from "../schema/secret.ts";

const address = z
  .string()
  .max(1_000)
  .regex(/^https?:\/\/[^\s/?#@]+(\/[^\s?#@]*)?$/, {
    error: "must be an address such as https://artifacts.example.com, without login and query",
  });

const s3 = z.strictObject({
  bucket: z
    .string()
    .regex(/^[a-z0-9A-Z][a-zA-Z0-9._-]{1,62}$/, { error: "must be the name of a bucket" })
    .describe("The bucket that holds the artifacts."),
  endpoint: address
    .optional()
    .describe("The address of the server; that of Amazon in the region where it is left out."),
  region: z
    .string()
    .regex(/^[a-z0-9-]{1,64}$/, { error: "must be a region such as eu-west-1" })
    .default("us-east-1")
    .describe("The region that requests are signed for."),
  "access-key": secretSource.describe("The id of the key."),
  "secret-key": secretSource.describe("The key."),
  style: z
    .enum(["path", "host"])
    .default("path")
    .describe("Where the bucket is named: in the path of an address, or before its host."),
  encryption: z
    .enum(["none", "AES256"])
    .default("none")
    .describe("Whether the server is told to encrypt what it keeps."),
});
export type S3Settings = z.infer<typeof s3>;

const store = z
  .strictObject({
    folder: z
      .string()
      .min(1)
      .max(1_000)
      .optional()
      .describe(
        "A folder of this machine, which must be there. A relative path is taken from the folder of this file.",
      ),
    s3: s3.optional().describe("A bucket of Amazon S3, or of any server that speaks its protocol."),
    url: address.optional().describe("A web server that has such a folder, to read from."),
  })
  .refine((each) => Object.values(each).filter((kind) => kind !== undefined).length === 1, {
    error: "must have one of folder, s3 and url, and only one",
  });
export type StoreSettings = z.infer<typeof store>;

export const stores = z.record(storeName, store).default({});
