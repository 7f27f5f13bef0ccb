import { readSecret } from "../config/secrets.ts";
import type { SharedSettings } from "../config/settings.ts";
import type { S3Settings, StoreSettings } from "../config/stores.ts";
import { folderObjects } from "../effects/stores/folder.ts";
import type { Objects } from "../effects/stores/objects.ts";
import { s3Objects } from "../effects/stores/s3.ts";
import { webObjects } from "../effects/stores/web.ts";
import { Failure } from "../failure.ts";
import { type Store, storeOn } from "./store.ts";

type Settings = Pick<SharedSettings, "state" | "stores">;

/**
 * Opens a store of the configuration; the only one that there is where none is named.
 * @throws {Failure} STORE_UNKNOWN, or CONFIG_INVALID where a key cannot be read
 */
export function openStore(settings: Settings, named?: string): Store {
  const names = Object.keys(settings.stores);
  const name = named ?? (names.length === 1 ? names[0] : undefined);
  const configured = name !== undefined && Object.hasOwn(settings.stores, name);
  const store = configured ? settings.stores[name as keyof typeof settings.stores] : undefined;
  if (name !== undefined && store !== undefined) return storeOn(objectsOf(store, name, settings));
  const there = names.length === 0 ? "none" : names.join(", ");
  throw new Failure(
    "STORE_UNKNOWN",
    named === undefined
      ? `Cannot tell which store is meant: the configuration has ${there}`
      : `Cannot find the store ${named}: the configuration has ${there}`,
  );
}

function objectsOf({ folder, s3, url }: StoreSettings, name: string, settings: Settings): Objects {
  if (folder !== undefined) return folderObjects(folder);
  if (s3 !== undefined) return inBucket(s3, name, settings);
  return webObjects(url ?? "");
}

function inBucket(s3: S3Settings, name: string, settings: Settings): Objects {
  const { bucket, region, style, encryption } = s3;
  const endpoint = s3.endpoint ?? `https://s3.${region}.amazonaws.com`;
  const accessKey = readSecret(s3["access-key"], `stores.${name}.s3.access-key`, settings);
  const secretKey = readSecret(s3["secret-key"], `stores.${name}.s3.secret-key`, settings);
  return s3Objects({ endpoint, bucket, region, style, encryption, accessKey, secretKey });
}
