import { describeError } from '#errors';
import type { Log } from '../log.ts';

/** When something was used last, by id; written with others, and tried again until it is. */
export interface Uses {
  note(id: string, atMs: number): void;
  /** Resolves when what was noted before is written, or could not be. */
  write(): Promise<void>;
}

/** Sessions idle out by their use, so it is known to other workers and replicas soon. */
const GATHER_MS = 250;
const AGAIN_MS = 2_000;

export function gatherUses(
  save: (uses: readonly { readonly id: string; readonly atMs: number }[]) => Promise<void>,
  log: Log,
): Uses {
  let noted = new Map<string, number>();
  let timer: NodeJS.Timeout | undefined;

  function writeLater(afterMs: number): void {
    timer ??= setTimeout(() => void write(), afterMs);
    timer.unref();
  }

  async function write(): Promise<void> {
    clearTimeout(timer);
    timer = undefined;
    if (noted.size === 0) return;
    const writing = noted;
    noted = new Map();
    try {
      await save([...writing].map(([id, atMs]) => ({ id, atMs })));
    } catch (error) {
      log.warn('uses of sessions not written; trying again', { error: describeError(error) });
      for (const [id, atMs] of writing) if (!noted.has(id)) noted.set(id, atMs);
      writeLater(AGAIN_MS);
    }
  }

  return {
    note(id, atMs) {
      noted.set(id, atMs);
      writeLater(GATHER_MS);
    },
    async write() {
      await write();
      clearTimeout(timer);
    },
  };
}
