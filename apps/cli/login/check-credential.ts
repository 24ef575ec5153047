import type { Terminal } from '../terminal.ts';
import { callGateway, GatewayUnreachable } from './call-gateway.ts';
import type { CachedCredential } from './credential-cache.ts';

/**
 * Whether a remembered token still opens anything. The gateway is asked each time: kubectl would go on with one that
 * was revoked, and never ask for another. While the gateway cannot answer, the time on it has to do.
 */
export async function isStillGood(credential: CachedCredential, terminal: Pick<Terminal, 'now'>): Promise<boolean> {
  if (!(Date.parse(credential.expiresAt) > terminal.now())) return false;
  try {
    const { status } = await callGateway(credential, '/-/me', { token: credential.token });
    return status !== 401;
  } catch (error) {
    if (error instanceof GatewayUnreachable) return true;
    throw error;
  }
}
