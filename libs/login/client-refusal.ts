import * as client from 'openid-client';

/** RFC 6749 section 5.2: a client that does not prove itself gets `invalid_client`, or a 401 with a challenge. */
export function isClientRefusal(error: unknown): boolean {
  return error instanceof client.ResponseBodyError
    ? ['invalid_client', 'unauthorized_client'].includes(error.error) || error.status === 401
    : error instanceof client.WWWAuthenticateChallengeError && error.status === 401;
}

/** For the person, who can do nothing about it. */
export const describeClientRefusal = (clientId: string): string =>
  `the login provider does not take this gateway for its client ${JSON.stringify(clientId)}; an admin has to mend the client's id, secret or key in the Issuer`;
