import { useCallback, useEffect, useState } from 'react';

export type Loaded<T> = { state: 'loading' } | { state: 'ready'; value: T } | { state: 'failed'; error: Error };

export interface Loading<T> {
  /** The newest answer; stays while the next one is on its way. */
  loaded: Loaded<T>;
  busy: boolean;
  reload: () => void;
}

/** Loads when the key changes or `reload` is called; an answer that comes too late is dropped. */
export function useLoaded<T>(key: string, load: () => Promise<T>): Loading<T> {
  const [answer, setAnswer] = useState<{ to: string; loaded: Loaded<T> }>({ to: '', loaded: { state: 'loading' } });
  const [round, setRound] = useState(0);
  const question = `${round} ${key}`;
  useEffect(() => {
    let current = true;
    const settle = (loaded: Loaded<T>): void => {
      if (current) setAnswer({ to: question, loaded });
    };
    load().then(
      (value) => settle({ state: 'ready', value }),
      (error: unknown) => settle({ state: 'failed', error: error as Error }),
    );
    return () => {
      current = false;
    };
    // `load` is a new function at each render; the key says when it means something else.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [question]);
  const reload = useCallback(() => setRound((value) => value + 1), []);
  return { loaded: answer.loaded, busy: answer.to !== question, reload };
}
