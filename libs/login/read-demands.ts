import { GatehouseError } from '#errors';

/** How the provider is to authenticate the person (OpenID Connect Core section 3.1.2.1). */
export interface Demands {
  /** An older authentication than this is done again; `auth_time` in the ID token then says when it was. */
  readonly maxAgeSeconds?: number;
  /** One of them must be the ID token's `acr`. */
  readonly acrValues?: readonly string[];
  readonly prompt?: string;
}

/** `none` is left out: it would show no page, so that nobody could log in. */
const PROMPTS = ['login', 'consent', 'select_account'];
const ACR_VALUES = /^[\x21\x23-\x5b\x5d-\x7e]+(?: [\x21\x23-\x5b\x5d-\x7e]+)*$/;
const MAX_LENGTH = 1024;

/**
 * Reads `max_age`, `acr_values` and `prompt` of a link to the login. They can only make a login stronger, so anybody
 * may write such a link.
 * @throws GatehouseError badRequest: a demand that is dropped would end in a login that is not enough.
 */
export function readDemands(parameters: URLSearchParams): Demands {
  const one = (name: string): string | undefined => {
    const values = parameters.getAll(name);
    if (values.length > 1) throw new GatehouseError('badRequest', `${name} may be given once`);
    return values[0];
  };
  const [maxAge, acrValues, prompt] = [one('max_age'), one('acr_values'), one('prompt')];
  if (maxAge !== undefined && !/^\d{1,9}$/.test(maxAge))
    throw new GatehouseError('badRequest', 'max_age must be a number of seconds');
  if (acrValues !== undefined && (acrValues.length > MAX_LENGTH || !ACR_VALUES.test(acrValues)))
    throw new GatehouseError('badRequest', 'acr_values must be values of acr with a blank between two of them');
  if (prompt !== undefined && !PROMPTS.includes(prompt))
    throw new GatehouseError('badRequest', `prompt must be one of ${PROMPTS.join(', ')}`);
  return {
    ...(maxAge === undefined ? {} : { maxAgeSeconds: Number(maxAge) }),
    ...(acrValues === undefined ? {} : { acrValues: acrValues.split(' ') }),
    ...(prompt === undefined ? {} : { prompt }),
  };
}

/** Providers and gateways have clocks of their own. */
const CLOCK_SKEW_SECONDS = 60;

/**
 * What an ID token lacks of what was asked for, in words for the person, or undefined. A provider may take `acr_values`
 * as a wish; without this look the person would be sent round in circles.
 */
export function findUnmetDemand(
  { maxAgeSeconds, acrValues }: Demands,
  claims: Readonly<Record<string, unknown>>,
  nowMs: number,
): string | undefined {
  const { auth_time: authTime, acr } = claims;
  if (maxAgeSeconds !== undefined) {
    if (typeof authTime !== 'number') return 'the login provider did not say when you logged in (auth_time)';
    if (nowMs / 1000 - authTime > maxAgeSeconds + CLOCK_SKEW_SECONDS)
      return 'the login provider did not ask you to log in anew';
  }
  if (acrValues !== undefined && !acrValues.includes(typeof acr === 'string' ? acr : ''))
    return `the login provider did not authenticate you as strongly as was asked for (acr ${acrValues.map((value) => JSON.stringify(value)).join(' or ')})`;
  return undefined;
}
