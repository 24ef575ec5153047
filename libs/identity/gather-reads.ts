import { GatehouseError } from '#errors';

/** What is found of these keys, in their order. @throws GatehouseError storeUnavailable. */
export type ReadMany<T> = (keys: readonly string[]) => Promise<readonly (T | undefined)[]>;

interface Waiting<T> {
  readonly answer: Promise<T | undefined>;
  resolve(found: T | undefined): void;
  reject(error: unknown): void;
}

/** Taking this many apart holds up no request for more than a millisecond. */
const AT_ONCE = 64;

/**
 * Reads keys together: what is asked for while a read is under way, or while `pause` lasts before it, is the next one's.
 * Asked for twice, a key is read once, but nothing is answered by a read that had begun before.
 */
export function gatherReads<T>(
  readMany: ReadMany<T>,
  pause?: () => Promise<unknown>,
): (key: string) => Promise<T | undefined> {
  const waiting = new Map<string, Waiting<T>>();
  let reading = false;

  async function readAll(): Promise<void> {
    reading = true;
    while (waiting.size > 0) {
      if (pause) await pause();
      const asked: [string, Waiting<T>][] = [];
      for (const entry of waiting) {
        asked.push(entry);
        waiting.delete(entry[0]);
        if (asked.length === AT_ONCE) break;
      }
      await answer(asked);
    }
    reading = false;
  }

  async function answer(asked: readonly [string, Waiting<T>][]): Promise<void> {
    try {
      const found = await readMany(asked.map(([key]) => key));
      asked.forEach(([, { resolve }], at) => resolve(found[at]));
    } catch (error) {
      const isOne = asked.length === 1 || (error instanceof GatehouseError && error.code === 'storeUnavailable');
      // One row that cannot be read (it was changed in the database) is no fault of the others.
      if (isOne) for (const [, { reject }] of asked) reject(error);
      else for (const entry of asked) await answer([entry]);
    }
  }

  return (key) => {
    const before = waiting.get(key);
    if (before) return before.answer;
    const { promise, resolve, reject } = Promise.withResolvers<T | undefined>();
    waiting.set(key, { answer: promise, resolve, reject });
    if (!reading) void readAll();
    return promise;
  };
}
