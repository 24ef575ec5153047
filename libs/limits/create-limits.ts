import type { Lease, Limits, LimitSettings, PersonKey, Taken } from './ports.ts';
import {
  createLender,
  createShares,
  exactTermsOf,
  termsOf,
  type Lender,
  type Shares,
  type ShareTerms,
} from './shares.ts';

/** What is lent by the process that all the others ask. */
export type LimitName = 'streamsOfPerson' | 'streamsOfAll' | 'requestsOfPerson' | 'requestsOfAll';

/** How the processes that serve reach the one that lends; never used where there is one process only. */
export interface LimitLender {
  borrow(what: LimitName, scope: string, key: string): Promise<number>;
  giveBack(what: LimitName, scope: string, key: string, count: number): void;
}

function termsByName(settings: LimitSettings, processes: number): Readonly<Record<LimitName, ShareTerms>> {
  return {
    streamsOfPerson: exactTermsOf(settings.maxStreamsPerPerson, processes),
    streamsOfAll: exactTermsOf(settings.maxStreams, processes),
    requestsOfPerson: termsOf(settings.maxRequestsInFlightPerPerson, processes),
    requestsOfAll: termsOf(settings.maxRequestsInFlight, processes),
  };
}

/** For the process that lends. */
export function createLimitLender(settings: LimitSettings, processes: number): Readonly<Record<LimitName, Lender>> {
  const terms = termsByName(settings, processes);
  return {
    streamsOfPerson: createLender(terms.streamsOfPerson),
    streamsOfAll: createLender(terms.streamsOfAll),
    requestsOfPerson: createLender(terms.requestsOfPerson),
    requestsOfAll: createLender(terms.requestsOfAll),
  };
}

/** Limits of one of `processes` that serve together. */
export function createLimits(settings: LimitSettings, processes: number, lender: LimitLender): Limits {
  const terms = termsByName(settings, processes);
  const sharesOf = (what: LimitName): Shares =>
    createShares(terms[what], {
      borrow: (scope, key) => lender.borrow(what, scope, key),
      giveBack: (scope, key, count) => lender.giveBack(what, scope, key, count),
    });
  const streamsOfAll = sharesOf('streamsOfAll');
  const requestsOfAll = sharesOf('requestsOfAll');
  const takeStream = takeBoth(sharesOf('streamsOfPerson'), streamsOfAll, {
    ofPerson: `you hold ${settings.maxStreamsPerPerson} streams (watches, logs, exec, attach, port-forward, proxies) at this gateway, the most that one person may; close some, or ask an admin for a higher limits.maxStreamsPerPerson`,
    ofAll: `the gateway holds ${settings.maxStreams} streams, the most that it may; try again later`,
  });
  const takeRequest = takeBoth(sharesOf('requestsOfPerson'), requestsOfAll, {
    ofPerson: `${settings.maxRequestsInFlightPerPerson} of your requests are under way at this gateway, the most that one person may have; try again later`,
    ofAll: `${settings.maxRequestsInFlight} requests are under way at the gateway, the most that it may have; try again later`,
  });
  return {
    takeStream,
    takeRequest,
    stats: () => ({ streams: streamsOfAll.taken(), requestsInFlight: requestsOfAll.taken() }),
  };
}

/** A place of the person's and one of all; a person who has none takes none from the others. */
function takeBoth(
  ofPerson: Shares,
  ofAll: Shares,
  reached: { readonly ofPerson: string; readonly ofAll: string },
): (person: PersonKey) => Taken | Promise<Taken> {
  const join = (own: Lease, common: Lease | undefined): Taken => {
    if (common) return new BothPlaces(own, common);
    own.release();
    return { ok: false, message: reached.ofAll };
  };
  const takeCommon = (own: Lease | undefined): Taken | Promise<Taken> => {
    if (!own) return { ok: false, message: reached.ofPerson };
    const common = ofAll.take('', '');
    return common instanceof Promise ? common.then((place) => join(own, place)) : join(own, common);
  };
  return ({ issuerUrl, subject }) => {
    const own = ofPerson.take(issuerUrl, subject);
    return own instanceof Promise ? own.then(takeCommon) : takeCommon(own);
  };
}

class BothPlaces implements Lease {
  readonly ok = true as const;
  readonly #own: Lease;
  readonly #common: Lease;

  constructor(own: Lease, common: Lease) {
    this.#own = own;
    this.#common = common;
  }

  release(): void {
    this.#own.release();
    this.#common.release();
  }
}
