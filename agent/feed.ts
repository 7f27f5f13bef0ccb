import type { Message } from "../lib/messages/catalogue.ts";

/** What a deploy says while it goes on, for one who listens now or later. */
export interface Feed extends AsyncIterable<Message> {
  readonly say: (message: Message) => void;
  readonly end: () => void;
}

/** A feed that nothing was said on yet. */
export function openFeed(): Feed {
  const said: Message[] = [];
  let ended = false;
  let wake = (): void => undefined;
  return {
    say: (message) => {
      said.push(message);
      wake();
    },
    end: () => {
      ended = true;
      wake();
    },
    async *[Symbol.asyncIterator]() {
      for (;;) {
        const message = said.shift();
        if (message !== undefined) yield message;
        else if (ended) return;
        else await new Promise<void>((resolve) => (wake = resolve));
      }
    },
  };
}
