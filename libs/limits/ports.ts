/** (issuerUrl, subject) is what identifies a person across renames and tokens. */
export interface PersonKey {
  readonly issuerUrl: string;
  readonly subject: string;
}

/** One place, taken. `release` gives it back; only the first call counts. */
export interface Lease {
  readonly ok: true;
  release(): void;
}

/** None was free. `message` is for the person: which limit, how many. */
export interface LimitReached {
  readonly ok: false;
  readonly message: string;
}

export type Taken = Lease | LimitReached;

/** Numbers of places; 0 is no limit. */
export interface LimitSettings {
  readonly maxStreamsPerPerson: number;
  readonly maxStreams: number;
  readonly maxRequestsInFlightPerPerson: number;
  readonly maxRequestsInFlight: number;
}

export interface LimitStats {
  readonly streams: number;
  readonly requestsInFlight: number;
}

/** A promise is answered only where another process has to be asked: for each stream, and seldom for a request. */
export interface Limits {
  /** A place for a long-running request (watch, logs, exec, attach, port-forward, proxy). */
  takeStream(person: PersonKey): Taken | Promise<Taken>;
  /** A place for any other request, until it is answered. */
  takeRequest(person: PersonKey): Taken | Promise<Taken>;
  /** Places taken now. */
  stats(): LimitStats;
}
