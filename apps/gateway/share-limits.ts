import type { Config } from '#config';
import {
  createLimitLender,
  createLimits,
  createMissLimit,
  createRefusalCounter,
  createTokenBuckets,
  sourceOf,
  type Limits,
  type MissLimit,
  type RefusalCounter,
} from '#limits';
import type { SupervisorLink, WorkersLink } from './workers/link.ts';
import { BORROW_PLACES, GIVE_BACK_PLACES, TAKE_GUESS, TAKE_LOGIN, TAKE_MISS, TAKE_REFUSALS } from './workers/topics.ts';

/** Sources whose logins are remembered. */
const MAX_SOURCES = 10_000;
/** Codes of devices that one person may type a minute; a login takes two, to see it and to approve it. */
const GUESSES = 20;

/** The supervisor's part: it lends what all workers share, and takes back what an ended one had. */
export function lendLimits(config: Config, workers: Pick<WorkersLink, 'answer' | 'onGone'>): void {
  const lenders = createLimitLender(config.limits, config.workers);
  workers.answer(BORROW_PLACES, ({ what, scope, key }, worker) => lenders[what].borrow(worker, scope, key));
  workers.answer(GIVE_BACK_PLACES, ({ what, scope, key, count }, worker) =>
    lenders[what].giveBack(worker, scope, key, count),
  );
  workers.onGone((worker) => {
    for (const lender of Object.values(lenders)) lender.gone(worker);
  });
  // A login is two requests.
  const perMinute = config.limits.loginsPerMinutePerSource * 2;
  const logins = createTokenBuckets({ burst: perMinute, perMinute, maxKeys: MAX_SOURCES });
  workers.answer(TAKE_LOGIN, (source) => (perMinute === 0 ? 0 : logins.take(source, Date.now())));
  const guesses = createTokenBuckets({ burst: GUESSES, perMinute: GUESSES, maxKeys: MAX_SOURCES });
  const { unknownCredentialsPerMinutePerSource: ofSource, unknownCredentialsPerMinute: ofAll } = config.limits;
  const bucketsOf = (number: number, maxKeys: number) =>
    number === 0 ? undefined : createTokenBuckets({ burst: number, perMinute: number, maxKeys });
  const [missesOfSource, missesOfAll] = [bucketsOf(ofSource, MAX_SOURCES), bucketsOf(ofAll, 1)];
  workers.answer(TAKE_MISS, (source) => ({
    source: missesOfSource?.take(source, Date.now()) ?? 0,
    all: missesOfAll?.take('', Date.now()) ?? 0,
  }));
  workers.answer(TAKE_GUESS, (person) => guesses.take(person, Date.now()));
}

/** A worker's part. */
export function borrowLimits(config: Config, supervisor: Pick<SupervisorLink, 'ask' | 'tell'>): Limits {
  return createLimits(config.limits, config.workers, {
    borrow: (what, scope, key) => supervisor.ask(BORROW_PLACES, { what, scope, key }),
    giveBack: (what, scope, key, count) => supervisor.tell(GIVE_BACK_PLACES, { what, scope, key, count }),
  });
}

/** A worker's part of what strangers may have looked up; the supervisor counts. Takes addresses as sources. */
export function limitMisses(supervisor: Pick<SupervisorLink, 'ask'>, now: () => number): MissLimit {
  const limit = createMissLimit({ take: (source) => supervisor.ask(TAKE_MISS, source), now });
  return { ...limit, lookUp: (address, key, read) => limit.lookUp(sourceOf(address), key, read) };
}

/** A worker counts anonymous refusals for itself, and is asked for them once an interval. */
export function countRefusals(
  config: Config,
  supervisor: Pick<SupervisorLink, 'answer'>,
  now: () => number,
): RefusalCounter {
  const { refusalBurstPerSource, refusalsPerMinutePerSource } = config.audit;
  const refusals = createRefusalCounter(
    {
      burstPerSource: shareOf(refusalBurstPerSource, config.workers),
      perMinutePerSource: shareOf(refusalsPerMinutePerSource, config.workers),
    },
    now,
  );
  supervisor.answer(TAKE_REFUSALS, () => refusals.take());
  return refusals;
}

/** Of what each worker counts for itself: the system spreads a source's connections over them. 0 stays 0. */
export function shareOf(number: number, workers: number): number {
  return Math.ceil(number / workers);
}
