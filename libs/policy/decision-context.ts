/** What a decision rests on beside person, cluster and request. */
export interface DecisionContext {
  /** An upgrade (WebSocket, SPDY) is asked for. */
  readonly upgrade: boolean;
  /** The true client address, as read behind trusted proxies. */
  readonly sourceAddress: string;
  /** Unix milliseconds. */
  readonly nowMs: number;
}
