import type { CountedRefusals } from '#limits';
import type { Metrics } from '#metrics';
import { topic } from './link.ts';

/** Supervisor to workers: read the configuration again; answered when no older snapshot is in force there. */
export const REFRESH_SNAPSHOT = topic('snapshot: refresh');

/** Worker to supervisor: a change was saved; answered when every worker judges by it, or after a time-out. */
export const APPLY_EVERYWHERE = topic('snapshot: apply everywhere');

/** Worker to supervisor: is this login state used for the first time? */
export const CLAIM_STATE = topic<string, boolean>('login: claim state');

/** Supervisor to workers: what have you counted since I asked last? */
export const TAKE_REFUSALS = topic<undefined, CountedRefusals[]>('refusals: take');

/** Worker to supervisor, when it ends: what I have counted since. */
export const LAST_REFUSALS = topic<CountedRefusals[]>('refusals: last');

/** Supervisor to workers: all your numbers. */
export const READ_METRICS = topic<undefined, Metrics>('metrics: read');

export interface ProfileOrder {
  readonly kind: 'cpu' | 'heap';
  /** How long to watch; CPU only. */
  readonly seconds: number;
  /** The one that is meant. */
  readonly worker: number;
  /** Where to write it. */
  readonly file: string;
}

/** Supervisor to workers; true from the one that was meant, when it is written. */
export const TAKE_PROFILE = topic<ProfileOrder, boolean>('metrics: take profile');
