interface Waiting {
  readonly batches: readonly string[];
  resolve(): void;
  reject(error: unknown): void;
}

/**
 * One transaction at a time for all workers: what arrives while one is being committed goes into the next together, so
 * that its fsync is shared. A group that fails, fails for everybody in it; nobody was promised anything.
 */
export function groupAppends(
  commit: (batches: readonly string[]) => Promise<unknown>,
): (batches: readonly string[]) => Promise<void> {
  let waiting: Waiting[] = [];
  let committing = false;

  async function commitAll(): Promise<void> {
    committing = true;
    while (waiting.length > 0) {
      const group = waiting;
      waiting = [];
      try {
        await commit(group.flatMap(({ batches }) => batches));
        for (const { resolve } of group) resolve();
      } catch (error) {
        for (const { reject } of group) reject(error);
      }
    }
    committing = false;
  }

  return (batches) =>
    new Promise((resolve, reject) => {
      waiting.push({ batches, resolve, reject });
      if (!committing) void commitAll();
    });
}
