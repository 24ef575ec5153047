import type { Log } from '../log.ts';

const QUIET_MS = 1_000;

/**
 * Writes one line a second at most; the next one says how many were left out. For faults that anybody can make without
 * being somebody: a flood of them must not be a flood of lines.
 */
export function createSeldomLog(log: Log): Pick<Log, 'warn' | 'error'> {
  let quietUntilMs = 0;
  let leftOut = 0;
  const at =
    (level: 'warn' | 'error') =>
    (message: string, fields: Record<string, unknown> = {}): void => {
      const nowMs = performance.now();
      if (nowMs < quietUntilMs) return void leftOut++;
      log[level](message, { ...fields, ...(leftOut > 0 ? { leftOut } : {}) });
      quietUntilMs = nowMs + QUIET_MS;
      leftOut = 0;
    };
  return { warn: at('warn'), error: at('error') };
}
