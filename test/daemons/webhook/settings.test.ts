import { chmodSync } from "node:fs";
import { beforeEach, describe, expect, test } from "vitest";
import { placeOf } from "../../../lib/schema/place.ts";
import { webhook } from "../../../daemons/webhook.ts";
import { sharedSettings } from "../../../lib/config/settings.ts";
import { aFolder } from "../../support/folder.ts";
import { given } from "../../support/given.ts";
import { secretIn } from "./sent.ts";

let folder: string;
let secret: { readonly file: string };
beforeEach(() => {
  folder = aFolder();
  secret = secretIn(folder);
});

const hook = (more: Readonly<Record<string, unknown>> = {}) => ({ forge: "github", secret, ...more });
const withHook = (more: Readonly<Record<string, unknown>> = {}) => ({
  listen: "127.0.0.1:8091",
  hooks: { github: hook(more) },
});
const opening = (config: unknown) => given(webhook, { config, settings: { state: folder } }).context();

test("it is wanted where there are hooks", () => {
  const settings = sharedSettings.parse({});
  expect(webhook.wanted?.(webhook.config.parse({}), settings)).toBe(false);
  expect(webhook.wanted?.(webhook.config.parse(withHook()), settings)).toBe(true);
});

describe("refused at the start", () => {
  test.each<[string, () => unknown, string]>([
    ["a hook without a secret", () => withHook({ secret: undefined }), "must be where the secret is found"],
    [
      "a secret in the configuration itself",
      () => withHook({ secret: "open sesame" }),
      "must be where the secret",
    ],
    ["an empty secret", () => withHook({ secret: secretIn(folder, "") }), "is empty"],
    [
      "a secret of blanks is short, too",
      () => withHook({ secret: secretIn(folder, "   ") }),
      "shorter than 16",
    ],
    ["a secret that is not there", () => withHook({ secret: { file: "/nowhere/secret" } }), "ENOENT"],
    [
      "a variable that is not set",
      () => withHook({ secret: { env: "SKEIN_NOT_SET" } }),
      "is empty or not there",
    ],
    [
      "a secret that can be guessed",
      () => withHook({ secret: secretIn(folder, "s3cret") }),
      "openssl rand -hex 32",
    ],
    [
      "a former secret that can be",
      () => withHook({ "former-secret": secretIn(folder, "x", "old") }),
      "shorter than 16",
    ],
    [
      "a signing token of which the key is missing",
      () => withHook({ forge: "gitlab", secret: secretIn(folder, "whsec_AAAAAAAAAAAAAAAA") }),
      "it is no signing token",
    ],
    ["another forge", () => withHook({ forge: "sourceforge" }), "forge"],
    [
      "a forge that is at no one place, without its host",
      () => withHook({ forge: "gitea" }),
      "must be given",
    ],
    ["a host with its scheme", () => withHook({ host: "https://github.com" }), "must be a host"],
    [
      "a repository that is not configured",
      () => withHook({ repositories: { shop: "acme/shop" } }),
      "has no repository",
    ],
    ["a full name that is none", () => withHook({ repositories: { shop: "shop" } }), "must be the full name"],
    ["hooks that nobody can call", () => ({ hooks: { github: hook() } }), "must be given, as HOST:PORT"],
    [
      "two hooks at one path",
      () => ({ listen: "127.0.0.1:1", hooks: { one: hook({ path: "/in" }), two: hook({ path: "/in" }) } }),
      "must each have a path of their own",
    ],
    [
      "a hook in the place of /healthz",
      () => withHook({ path: "/healthz" }),
      "must each have a path of their own",
    ],
    ["a key that is none", () => withHook({ token: "x" }), "token"],
  ])("%s", async (_what, config, says) => {
    await expect(opening(config())).rejects.toThrow(says);
  });

  test("a secret that everybody may read", async () => {
    chmodSync(secret.file, 0o644);
    await expect(opening(withHook())).rejects.toThrow("everybody may read");
  });
});

test.each([
  ["https://GitHub.com/Acme/Shop.git", "github.com acme/shop"],
  ["https://git.example.com:8443/acme/shop/", "git.example.com acme/shop"],
  ["ssh://git@git.example.com:2222/acme/shop.git", "git.example.com acme/shop"],
  ["git@git.example.com:acme/web/shop.git", "git.example.com acme/web/shop"],
  ["git@git.example.com:/acme/shop", "git.example.com acme/shop"],
  ["/srv/git/shop.git", undefined],
  ["../shop.git", undefined],
  ["svn://svn.example.com/shop", undefined],
])("%s leads to %s", (url, leadsTo) => {
  const place = placeOf(url);
  expect(place && `${place.host} ${place.path}`).toBe(leadsTo);
});
