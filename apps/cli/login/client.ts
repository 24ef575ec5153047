import { hostname, userInfo } from 'node:os';
import { CliFailure } from '../failure.ts';
import type { GatewayAnswer } from './call-gateway.ts';

export const CLIENT_ID = 'gatehouse-cli';

/** Shown to the person who approves, beside the address that the gateway sees: `alice@laptop`. */
export function clientName(): string {
  let user = '';
  try {
    user = userInfo().username;
  } catch {
    // A user that is in no list of users, as in many containers.
  }
  return `${user || 'somebody'}@${hostname()}`.replace(/[^\x21-\x7e]/g, '_').slice(0, 100);
}

export interface GivenToken {
  readonly token: string;
  readonly expiresAt: string;
}

/** The token of a good answer of the token endpoint; undefined for any other. */
export function readToken({ status, body }: GatewayAnswer): GivenToken | undefined {
  if (status !== 200 || typeof body.access_token !== 'string' || typeof body.expires_at !== 'string') return undefined;
  return { token: body.access_token, expiresAt: body.expires_at };
}

/** What an answer says that refuses, from OAuth's endpoints or as a Status. */
export function refusalOf({ status, body }: GatewayAnswer): CliFailure {
  const said = body.error_description ?? body.message ?? body.error;
  return new CliFailure(
    `the gateway refused the login (${status}): ${typeof said === 'string' ? said : 'no reason given'}`,
  );
}
