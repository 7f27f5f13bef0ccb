import { Failure } from "../../failure.ts";
import { transfer, type Transferred } from "../transfer.ts";
import type { Objects, OpenObject } from "./objects.ts";

/** A folder of artifacts that a web server shows: who reads must know what it is called. */
export function webObjects(base: string): Objects {
  const only = (what: string) => () =>
    Promise.reject(
      new Failure("STORE_REFUSED", `Cannot ${what} of the store ${base}: over HTTP it can only be read from`),
    );
  return {
    place: base,
    open: async (key, from = 0) => {
      const url = new URL(`${base.replace(/\/$/, "")}/${key.split("/").map(encodeURIComponent).join("/")}`);
      const headers: Record<string, string> = from > 0 ? { range: `bytes=${from}-` } : {};
      return opened(await transfer(url, { method: "GET", headers }), base, from);
    },
    list: only("list what is there"),
    add: only("add anything to what is there"),
    replace: only("change anything"),
    remove: only("delete anything"),
  };
}

/**
 * What came of asking for an object; nothing where there is none.
 * @throws {Failure} STORE_REFUSED, or STORE_UNREACHABLE where it may pass
 */
export function opened(answer: Transferred, place: string, from: number): OpenObject | undefined {
  const { status, headers, bytes } = answer;
  const length = Number(headers["content-length"] ?? "0");
  if (status === 200) return { size: length, from: 0, bytes };
  if (status === 206) return { size: from + length, from, bytes };
  // There is nothing from there on: what is had already is all of it, or more.
  if (status === 416) return { size: from, from, bytes };
  if (status === 404 || status === 410) return undefined;
  throw refusal(place, status, "");
}

/** That a store answers what cannot be used. */
export function refusal(place: string, status: number, said: string): Failure {
  const mayPass = status >= 500 || status === 429;
  const redirect = status >= 300 && status < 400 ? ", a redirect, which is not followed" : "";
  return new Failure(
    mayPass ? "STORE_UNREACHABLE" : "STORE_REFUSED",
    `Cannot use the store ${place}: it answers ${status}${redirect}${said}`,
    { transient: mayPass },
  );
}
