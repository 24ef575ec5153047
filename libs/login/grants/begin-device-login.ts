import { randomUUID } from 'node:crypto';
import { createGrantSecret, createUserCode, grantDigest, showUserCode } from './codes.ts';
import type { GrantRefusal, GrantRoom, LoginGrantStore } from './ports.ts';
import { readClient } from './read-client.ts';

export const DEVICE_CODE_SECONDS = 600;
/** Between two polls of one program. */
export const POLL_SECONDS = 3;

/** RFC 8628 section 3.2. `verification_uri_complete` is left out: whoever approves has to read and type the code. */
export interface DeviceAuthorization {
  readonly device_code: string;
  readonly user_code: string;
  readonly verification_uri: string;
  readonly expires_in: number;
  readonly interval: number;
}

export interface BeginDeviceLoginPorts {
  readonly grants: Pick<LoginGrantStore, 'createGrant'>;
  /** Without a slash at the end. */
  readonly externalUrl: string;
  /** What may be kept of this address. */
  roomFor(sourceAddress: string): GrantRoom;
  now(): number;
}

/** A device authorization request (RFC 8628 section 3.1), from this address. */
export async function beginDeviceLogin(
  parameters: Readonly<Record<string, unknown>>,
  sourceAddress: string,
  ports: BeginDeviceLoginPorts,
): Promise<{ readonly ok: true; readonly authorization: DeviceAuthorization } | GrantRefusal> {
  const client = readClient(parameters.client_id, parameters.client_name);
  if (!client.ok) return client;
  const nowMs = ports.now();
  const deviceCode = createGrantSecret();
  const userCode = createUserCode();
  const grant = {
    id: randomUUID(),
    kind: 'device' as const,
    state: 'pending' as const,
    clientId: client.clientId,
    clientName: client.clientName,
    sourceAddress,
    redirectUri: undefined,
    challenge: undefined,
    owner: undefined,
    createdAtMs: nowMs,
    expiresAtMs: nowMs + DEVICE_CODE_SECONDS * 1000,
    digest: grantDigest(deviceCode),
    userCodeDigest: grantDigest(userCode),
  };
  const kept = await ports.grants.createGrant(grant, ports.roomFor(sourceAddress));
  if (kept !== 'created') {
    const whose = kept === 'full' ? 'at this gateway' : 'from your address';
    const description = `too many logins of programs wait for somebody to type their code ${whose}; try again in ${DEVICE_CODE_SECONDS / 60} minutes, or log in with a browser`;
    return { ok: false, error: 'temporarily_unavailable', description };
  }
  const authorization = {
    device_code: deviceCode,
    user_code: showUserCode(userCode),
    verification_uri: `${ports.externalUrl}/-/device`,
    expires_in: DEVICE_CODE_SECONDS,
    interval: POLL_SECONDS,
  };
  return { ok: true, authorization };
}
