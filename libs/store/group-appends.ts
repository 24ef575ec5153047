interface Waiting {
  readonly batches: readonly string[];
  /** Number of the worker that sent it; undefined for this process. */
  readonly sender: number | undefined;
  resolve(): void;
  reject(error: unknown): void;
}

export interface GroupedAppends {
  /** Resolves when the batches are committed. @throws what the commit threw; the sender sends them again. */
  append(batches: readonly string[], sender?: number): Promise<void>;
  /** This worker ended and sends nothing again: what failed of it, or is about to, is kept for the next commit. */
  senderLost(sender: number): void;
  /** Resolves when all that was sent, or is kept, was tried to commit. */
  settle(): Promise<void>;
  /** What is kept for workers that ended, and then no more. */
  takeUnsaved(): readonly string[];
}

/**
 * One transaction at a time for all workers: what arrives while one is being committed goes into the next together, so
 * that its fsync is shared. A group that fails, fails for everybody in it, and each audit queue sends its batch again.
 * A worker that ended cannot: what of its batches was not committed is kept here, and committed before the next group,
 * in a transaction of its own, so that it never fails anybody else's.
 */
export function groupAppends(commit: (batches: readonly string[]) => Promise<unknown>): GroupedAppends {
  let waiting: Waiting[] = [];
  let committing = false;
  let orphans: string[] = [];
  /** What failed last of each worker; a queue sends the same again, with more behind it. */
  const failed = new Map<number, readonly string[]>();
  const lost = new Set<number>();

  function keep(sender: number | undefined, batches: readonly string[]): void {
    if (sender === undefined) return;
    if (lost.has(sender)) orphans.push(...batches);
    else failed.set(sender, batches);
  }

  async function commitOrphans(): Promise<void> {
    const batches = orphans;
    if (batches.length === 0) return;
    try {
      await commit(batches);
      orphans = orphans.slice(batches.length);
    } catch {
      // They stay for the next time; whoever commits beside them hears why it fails.
    }
  }

  async function commitAll(): Promise<void> {
    committing = true;
    while (waiting.length > 0) {
      const group = waiting;
      waiting = [];
      await commitOrphans();
      const batches = group.flatMap((one) => one.batches);
      try {
        if (batches.length > 0) await commit(batches);
        for (const { sender, resolve } of group) {
          if (sender !== undefined) failed.delete(sender);
          resolve();
        }
      } catch (error) {
        for (const one of group) {
          keep(one.sender, one.batches);
          one.reject(error);
        }
      }
    }
    committing = false;
  }

  const append = (batches: readonly string[], sender?: number): Promise<void> =>
    new Promise((resolve, reject) => {
      waiting.push({ batches, sender, resolve, reject });
      if (!committing) void commitAll();
    });

  return {
    append,
    senderLost(sender) {
      lost.add(sender);
      orphans.push(...(failed.get(sender) ?? []));
      failed.delete(sender);
    },
    // Nothing of its own: it comes after what was sent before.
    settle: () => append([]).catch(() => {}),
    takeUnsaved() {
      const taken = orphans;
      orphans = [];
      return taken;
    },
  };
}
