/** Where an app listens, as whoever sends it traffic reaches it. */
export interface Place {
  readonly host: string;
  readonly port: number;
}

/** Whatever sends visitors to one of several places. */
export interface Traffic {
  /**
   * Sends every new request to a place, or to none. Resolves only once it is safe to stop whatever is at any other: nothing is
   * under way there any more, or the time to drain is over. Done twice, it comes to the same.
   * @throws {Failure} TRAFFIC_UNREACHABLE or TRAFFIC_REFUSED: then requests go where they went
   */
  readonly switchTo: (place: Place | null, signal?: AbortSignal) => Promise<void>;
}
