/** One JSON line an event on standard error; standard output stays free for what people asked for. */
export interface Log {
  info(message: string, fields?: Record<string, unknown>): void;
  warn(message: string, fields?: Record<string, unknown>): void;
  error(message: string, fields?: Record<string, unknown>): void;
}

const LEVELS = ['debug', 'info', 'warn', 'error'];

/** @param level the least level that is written. */
export function createLog(
  level: string,
  write: (line: string) => void = (line) => void process.stderr.write(line),
): Log {
  const least = Math.max(0, LEVELS.indexOf(level));
  const at =
    (name: string) =>
    (message: string, fields: Record<string, unknown> = {}) => {
      if (LEVELS.indexOf(name) < least) return;
      write(`${JSON.stringify({ time: new Date().toISOString(), level: name, message, ...fields })}\n`);
    };
  return { info: at('info'), warn: at('warn'), error: at('error') };
}

/** Injection token of the gateway's log. */
export const LOG = Symbol('LOG');
