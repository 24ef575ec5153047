/**
 * The error boundary of this room. Node calls our code from sockets, parsers, timers and promises; an exception that
 * leaves such a callback ends the process, and with it everybody's requests and the audit records that are not saved
 * yet. So every callback runs inside the boundary of whoever owns it: `broke` ends that exchange, or that connection,
 * and nothing else.
 *
 * `test/integration/fault-injection.test.ts` throws from every function of this room once and shows that this holds.
 */
export interface Boundary {
  /** Ends the owner at once. Must not throw: nothing is left to catch it. */
  broke(error: unknown): void;
}

/** `act`, for a callback of a socket, stream or promise: what it throws breaks `owner`. */
export function within<Arguments extends unknown[]>(
  owner: Boundary,
  act: (...given: Arguments) => void,
): (...given: Arguments) => void {
  return (...given) => {
    try {
      act(...given);
    } catch (error) {
      owner.broke(error);
    }
  };
}

/** Does each act, whatever the others throw: for the last steps of an owner that is broken already. */
export function attempt(...acts: readonly (() => unknown)[]): void {
  for (const act of acts) {
    try {
      act();
    } catch {
      // The owner is being ended for an earlier error, which is the one that is reported.
    }
  }
}

/** For `error` events of sockets and streams whose `close` event, which follows, is what we act on. */
export const ignoreError = (): void => {};

/** Receives errors that no exchange can be blamed for, for the log. */
export type ReportFault = (where: string, error: unknown) => void;
