/** What came of sending: a server took it, will never take it, or may take it later. */
export type Outcome =
  | { readonly kind: "sent" }
  | { readonly kind: "refused"; readonly reason: string }
  | {
      readonly kind: "failed";
      readonly reason: string;
      /** How long the server asks to be left alone, in milliseconds. */
      readonly after?: number | undefined;
    };

export const SENT: Outcome = { kind: "sent" };
export const refused = (reason: string): Outcome => ({ kind: "refused", reason });
export const failed = (reason: string, after?: number): Outcome => ({ kind: "failed", reason, after });

/** A way to people, or to another system. */
export interface Sender<Notice> {
  /** Never rejects: whatever goes wrong is an outcome. Its reason holds no secret. */
  send(notice: Notice, signal: AbortSignal): Promise<Outcome>;
  /** Ends a connection that is kept. */
  close(): void;
}
