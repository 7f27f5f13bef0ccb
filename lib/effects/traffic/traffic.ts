/** Where an app listens, as whoever sends it traffic reaches it. */
export interface Place {
  readonly host: string;
  readonly port: number;
}

/** A place as addresses are written: HOST:PORT. */
export const addressOf = ({ host, port }: Place): string =>
  host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;

/** Whatever sends visitors to one of several places. */
export interface Traffic {
  /**
   * Sends every new request to a place, or to none. Resolves only once it is safe to stop whatever is at any other: nothing is
   * under way there any more, or the time to drain is over. Done twice, it comes to the same.
   * @throws {Failure} TRAFFIC_UNREACHABLE or TRAFFIC_REFUSED: then requests go where they went
   */
  readonly switchTo: (place: Place | null, signal?: AbortSignal) => Promise<void>;
}

/** Whatever sends visitors to this host. Done twice, each comes to the same. */
export interface Gate {
  /**
   * Sends nobody here any more. Resolves once nothing is under way here, or the time to wait is over.
   * @throws {Failure} TRAFFIC_UNREACHABLE or TRAFFIC_REFUSED
   */
  readonly close: (signal?: AbortSignal) => Promise<void>;
  /**
   * Sends visitors here again.
   * @throws {Failure} TRAFFIC_UNREACHABLE or TRAFFIC_REFUSED
   */
  readonly open: (signal?: AbortSignal) => Promise<void>;
}
