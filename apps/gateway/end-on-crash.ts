import type { Log } from './log.ts';

/** Exit code after an uncaught exception: EX_SOFTWARE of sysexits.h. Node's own for it, 1, is that of a failed start. */
export const CRASHED = 70;

const MAX_DEPTH = 6;
const MAX_LOGGED = 10;

/**
 * An uncaught exception leaves a process in an unknown state, so the process logs the cause, saves what it can and
 * ends. The supervisor replaces a worker; systemd or Kubernetes restarts the rest. Unhandled rejections count as well.
 *
 * @param end saves and ends the process with CRASHED; called once, and bounded by itself.
 */
export function endOnCrash(log: () => Log, end: () => void): void {
  let crashes = 0;
  process.on('uncaughtException', (error: unknown, origin) => {
    crashes += 1;
    // What runs on while it ends may throw again and again.
    if (crashes <= MAX_LOGGED)
      log().error('an uncaught exception ends this process', { pid: process.pid, origin, stacks: stacksOf(error) });
    if (crashes === 1) end();
  });
}

/** The stacks of an error and its causes, outermost first; nothing else that the errors hold. */
export function stacksOf(error: unknown): string[] {
  const stacks: string[] = [];
  let at = error;
  while (at !== undefined && at !== null && stacks.length < MAX_DEPTH) {
    stacks.push(hideCredentials(at instanceof Error ? (at.stack ?? String(at)) : String(at)));
    at = at instanceof Error ? at.cause : undefined;
  }
  return stacks;
}

/** Messages of parsers and of HTTP libraries quote their input: JWTs, tokens of ours, and credentials in URLs. */
function hideCredentials(text: string): string {
  return text
    .replaceAll(/eyJ[\w-]+(\.[\w-]*)*/g, '[redacted]')
    .replaceAll(/gth_\w+/g, '[redacted]')
    .replaceAll(/\b(Bearer|Basic)\s+[^\s"']+/gi, '$1 [redacted]')
    .replaceAll(/:\/\/[^\s/@]+@/g, '://[redacted]@');
}
