import { useState } from 'react';

export interface Act {
  busy: boolean;
  error: Error | undefined;
  /** True when the work was done. Forgets the error before. */
  run: (work: () => Promise<unknown>) => Promise<boolean>;
  setError: (error: Error | undefined) => void;
}

/** Runs one change at a time and keeps what went wrong, for the form to show. */
export function useAct(): Act {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<Error>();
  const run = async (work: () => Promise<unknown>): Promise<boolean> => {
    if (busy) return false;
    setBusy(true);
    setError(undefined);
    try {
      await work();
      return true;
    } catch (problem) {
      setError(problem as Error);
      return false;
    } finally {
      setBusy(false);
    }
  };
  return { busy, error, run, setError };
}
