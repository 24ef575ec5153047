import type { ReportFault } from '#http';

/** One JSON line an event on standard error; standard output stays free for what people asked for. */
export interface Log {
  info(message: string, fields?: Record<string, unknown>): void;
  warn(message: string, fields?: Record<string, unknown>): void;
  error(message: string, fields?: Record<string, unknown>): void;
}

const LEVELS = ['debug', 'info', 'warn', 'error'];

/**
 * @param level the least level that is written.
 * @param always fields of every line.
 */
export function createLog(level: string, always: Record<string, unknown> = {}): Log {
  const least = Math.max(0, LEVELS.indexOf(level));
  const at =
    (name: string) =>
    (message: string, fields: Record<string, unknown> = {}) => {
      if (LEVELS.indexOf(name) < least) return;
      const line = { time: new Date().toISOString(), level: name, message, ...always, ...fields };
      process.stderr.write(`${JSON.stringify(line)}\n`);
    };
  return { info: at('info'), warn: at('warn'), error: at('error') };
}

/** For errors of connections that belong to no exchange; the connection is closed by then. */
export function createFaultReport(log: Log): ReportFault {
  return (where, error) =>
    log.error('a connection failed by an error of the gateway', {
      where,
      error: error instanceof Error ? (error.stack ?? String(error)) : String(error),
    });
}

/** Injection token of the gateway's log. */
export const LOG = Symbol('LOG');
