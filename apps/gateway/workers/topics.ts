import type { ClusterHealth } from '#clusters';
import type { Config } from '#config';
import type { CountedRefusals, LimitName, MissWaits } from '#limits';
import type { Metrics } from '#metrics';
import type { StoreCall, StoreChange, StoreHandover } from '#store';
import type { CloseOptions } from '../close-in-steps.ts';
import type { RightsReport } from '../rights/probe-credential.ts';
import { topic } from './link.ts';

/** Worker to supervisor, first of all: what it needs to start. Holds secrets; the channel is private to both. */
export const START = topic<undefined, StartOrders>('worker: start');

export interface StartOrders {
  readonly config: Config;
  /** Name of the gateway. */
  readonly gateway: string;
  readonly store: StoreHandover;
}

/** Worker to supervisor: it serves. */
export const READY = topic<{ readonly port: number }>('worker: ready');

/** Worker to supervisor: it cannot start, and ends; in words for whoever started the gateway. */
export const FAILED = topic<StartFailure>('worker: failed');

export interface StartFailure {
  readonly message: string;
  /** Trying again may help: the database could not be reached. */
  readonly mayPass: boolean;
}

/** Supervisor to worker: does your event loop turn? */
export const PING = topic('worker: ping');

/** Supervisor to worker: drain; answered when everything is done and every audit record saved. */
export const STOP = topic<CloseOptions>('worker: stop');

/** Supervisor to worker: it has drained (or cannot), and ends. */
export const END = topic('worker: end');

/** Worker to supervisor, with SQLite: the supervisor alone has the database. */
export const CALL_STORE = topic<StoreCall, unknown>('store: call');

/** Supervisor to workers, with SQLite: the thread that has the database ended, and the gateway ends. */
export const STORE_LOST = topic<string>('store: lost');

/** Supervisor to workers: the configuration or credentials changed; the new revision. */
export const STORE_CHANGED = topic<StoreChange>('store: changed');

export interface ClusterReports {
  /** How the rights of each cluster's credential compare with what is needed. */
  readonly rights: Readonly<Record<string, RightsReport>>;
  readonly health: Readonly<Record<string, ClusterHealth>>;
}

/** Worker to supervisor: how each cluster is, by name. */
export const CLUSTER_REPORTS = topic<undefined, ClusterReports>('clusters: reports');

/** Supervisor to workers: apply saved changes; the response means that no older state is in force, for open streams too. */
export const REFRESH_SNAPSHOT = topic('snapshot: refresh');

/** Worker to supervisor: a change was saved; answered when every worker judges by it, or after a time-out. */
export const APPLY_EVERYWHERE = topic('snapshot: apply everywhere');

/** Supervisor to workers: save what waits in the audit queue. */
export const FLUSH_AUDIT = topic('audit: flush');

/** Worker to supervisor: somebody reads the audit log, and wants to see what every worker has recorded. */
export const FLUSH_EVERYWHERE = topic('audit: flush everywhere');

/** Worker to supervisor: is this login state used for the first time? */
export const CLAIM_STATE = topic<string, boolean>('login: claim state');

export interface PlaceOrder {
  readonly what: LimitName;
  readonly scope: string;
  readonly key: string;
}

/** Worker to supervisor: lend me places of this limit; answers how many (`#limits`, shares.ts). */
export const BORROW_PLACES = topic<PlaceOrder, number>('limits: borrow');

/** Worker to supervisor: so many of them are free again. */
export const GIVE_BACK_PLACES = topic<PlaceOrder & { readonly count: number }>('limits: give back');

/** Worker to supervisor: may this source log in now? Answers 0, or the milliseconds until it may. */
export const TAKE_LOGIN = topic<string, number>('limits: take login');

/** Worker to supervisor: this source sent a credential that nobody has. Answers when more of them may be looked up. */
export const TAKE_MISS = topic<string, MissWaits>('limits: take miss');

/** Worker to supervisor: may this person type the code of a device now? Answers as TAKE_LOGIN. */
export const TAKE_GUESS = topic<string, number>('limits: take guess');

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
