import type { ErrorCode } from './errors.ts';

/** Of this process, and of the whole system (open(2), socket(2)). Node reports a failed look-up of a name by them too. */
const OUT_OF_DESCRIPTORS: ReadonlySet<unknown> = new Set(['EMFILE', 'ENFILE']);

export function isOutOfDescriptors(error: unknown): boolean {
  return OUT_OF_DESCRIPTORS.has((error as { code?: unknown } | null | undefined)?.code);
}

/**
 * The refusal where a server could not be connected to. Without a free descriptor no socket can be opened: that is the
 * gateway's own fault, and the server must not be blamed for it.
 *
 * @param server such as `cluster "demo"`.
 */
export function describeConnectFailure(
  error: unknown,
  server: string,
): { readonly code: ErrorCode; readonly message: string } {
  if (!isOutOfDescriptors(error)) return { code: 'upstreamUnavailable', message: `${server} cannot be reached` };
  return {
    code: 'outOfDescriptors',
    message: `the gateway has no file descriptor left for a connection to ${server}; try again later`,
  };
}
