/** A message as it travels: bytes with headers, to one destination. */
export interface Frame {
  readonly destination: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

/** A frame on its way out. */
export interface OutgoingFrame extends Frame {
  /** Whether it must outlive a crash of the broker. */
  readonly persistent: boolean;
}
