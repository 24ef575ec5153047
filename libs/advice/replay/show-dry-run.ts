import type { Decision } from '#model';
import type { ChangedVerdict, DryRun } from './dry-run.ts';
import type { GatheredRequests } from './gather-requests.ts';
import { showRequest, type ShownRequest } from './show-request.ts';

interface ShownVerdict {
  readonly allowed: boolean;
  /** The deciding rule; absent where none allows. */
  readonly rule?: string;
  readonly reason: string;
}

export type ShownChange = ShownRequest & { readonly before: ShownVerdict; readonly after: ShownVerdict };

/** A dry run as plain data, for people and programs alike. Strings come from the network. */
export interface ShownDryRun {
  readonly records: number;
  /** Records that were judged again, and those that could not be, by why. */
  readonly replayed: number;
  readonly notReplayed: GatheredRequests['notReplayed'];
  /** There were more records than were looked at. */
  readonly truncated: boolean;
  readonly newlyDenied: readonly ShownChange[];
  readonly newlyAllowed: readonly ShownChange[];
  /** Changes left out of the two lists. */
  readonly leftOut: number;
  readonly changedSince: number;
  readonly loginAssumed: readonly string[];
}

/** @param most entries of each list. */
export function showDryRun(run: DryRun, gathered: GatheredRequests, truncated: boolean, most: number): ShownDryRun {
  const { records, notReplayed } = gathered;
  const newlyDenied = run.newlyDenied.slice(0, most).map(showChange);
  const newlyAllowed = run.newlyAllowed.slice(0, most).map(showChange);
  return {
    records,
    replayed: records - notReplayed.refusedBefore - notReplayed.noRequest - notReplayed.readsOtherwise,
    notReplayed,
    truncated,
    newlyDenied,
    newlyAllowed,
    leftOut: run.newlyDenied.length + run.newlyAllowed.length - newlyDenied.length - newlyAllowed.length,
    changedSince: run.changedSince,
    loginAssumed: run.loginAssumed,
  };
}

const showChange = ({ asked, before, after }: ChangedVerdict): ShownChange => ({
  ...showRequest(asked),
  before: showVerdict(before),
  after: showVerdict(after),
});

const showVerdict = ({ allowed, rule, reason }: Decision): ShownVerdict => ({
  allowed,
  ...(rule === undefined ? {} : { rule }),
  reason,
});
