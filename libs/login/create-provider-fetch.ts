import type { CustomFetch } from 'openid-client';
import { Agent, fetch } from 'undici';
import { GatehouseError } from '#errors';
import { guardConnect } from '#outbound';

const MAX_RESPONSE_BYTES = 1024 * 1024;

/**
 * `fetch` for one provider: its own CA (the system's roots where undefined), answers up to 1 MiB; `openid-client` adds
 * the time-out and refuses redirects. An outage is told from a bad answer here, where both are still apart: the former
 * throws a GatehouseError, which `findGatehouseError` finds again below the library's own errors.
 */
export function createProviderFetch(certificateAuthority: string | undefined, allowLoopback: boolean): CustomFetch {
  const guard = guardConnect(allowLoopback);
  const dispatcher = new Agent({
    connect: { lookup: guard.lookup, ...(certificateAuthority ? { ca: certificateAuthority } : {}) },
    allowH2: false,
    maxResponseSize: MAX_RESPONSE_BYTES,
  });
  const providerFetch = async (url: string, options: object): Promise<unknown> => {
    let response;
    try {
      guard.checkHost(new URL(url).hostname);
      response = await fetch(url, { ...options, dispatcher } as never);
    } catch (cause) {
      throw unavailable(cause);
    }
    if (response.status >= 500) {
      await response.body?.cancel();
      throw unavailable(new Error(`${new URL(url).pathname} answered ${response.status}`));
    }
    return response;
  };
  // undici's own Response is not the class of the runtime, though the same in all that the library uses.
  return providerFetch as unknown as CustomFetch;
}

const unavailable = (cause: unknown): GatehouseError =>
  new GatehouseError('identityUnavailable', 'the login provider does not answer; try again later', { cause });

/** The GatehouseError at the bottom of an error of `openid-client`, if there is one. */
export function findGatehouseError(error: unknown): GatehouseError | undefined {
  let at = error;
  for (let depth = 0; depth < 5 && at instanceof Error; depth++) {
    if (at instanceof GatehouseError) return at;
    at = at.cause;
  }
  return undefined;
}
