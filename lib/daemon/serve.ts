import { isDeepStrictEqual } from "node:util";
import {
  type Answered,
  type Answering,
  type HttpListener,
  type Listening,
  listenHttp,
} from "../effects/http-server.ts";

/** A door for HTTP that can be moved: to another address, or closed. */
export interface Door {
  /** Opens the new place first; where that fails, the former one stays open. In the same place it reads its certificate anew. */
  move(to: Listening | undefined): Promise<void>;
  close(): Promise<void>;
}

/** What says that a daemon is there, wherever one answers over HTTP. */
const ALIVE = "/healthz";

/** A door that is not open yet. */
export function door(answering: Answering, onError: (error: unknown) => void): Door {
  let at: { readonly place: Listening; readonly listener: HttpListener } | undefined;
  const answer: Answering = async (asked) =>
    asked.path === ALIVE && asked.method === "GET" ? alive : answering(asked);
  return {
    move: async (place) => {
      if (isDeepStrictEqual(place, at?.place)) return at?.listener.renew();
      const former = at?.listener;
      at = place === undefined ? undefined : { place, listener: await listenHttp(place, answer, onError) };
      await former?.close();
    },
    close: async () => {
      const former = at?.listener;
      at = undefined;
      await former?.close();
    },
  };
}

const alive: Answered = { status: 200, headers: { "content-type": "text/plain" }, body: "alive\n" };
