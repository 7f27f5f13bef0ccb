import type { Notice } from "../../../daemons/notifier/notice.ts";
import type { Waiting } from "../../../daemons/notifier/spool.ts";

/** A notice; state only what the test is about. */
export const aNotice = (said: Partial<Notice> = {}): Notice => ({
  id: "1",
  type: "event.said",
  time: "2026-11-21T10:15:02Z",
  correlation: "1",
  text: "hello",
  tone: "plain",
  about: { source: "test" },
  ...said,
});

/** Something that waits for a channel, under the limit of one rule where one is given. */
export const waitingFor = (
  sequence: number,
  said: Partial<Waiting> & { readonly said?: Partial<Notice> } = {},
): Waiting => {
  const { said: notice, ...others } = said;
  return {
    channel: "team",
    sequence,
    queued: "2026-11-21T10:15:02Z",
    notice: aNotice({ id: String(sequence), text: `text ${sequence}`, ...notice }),
    ...others,
  };
};
