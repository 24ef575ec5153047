import type { Identity } from '#model';
import { compileMappings } from '../compile-mappings.ts';
import type { GroupSource, MappingInput, ValueSource } from '../mapping-input.ts';
import type { StoredToken } from '../ports.ts';
import { resolveGrant } from '../resolve-grant.ts';

export function person(
  username: string,
  groups: readonly string[] = [],
  claims: Record<string, unknown> = {},
  issuer = 'demo',
  uid?: string,
): Identity {
  const identity = {
    issuer,
    issuerUrl: `https://${issuer}.example`,
    subject: 'sub-1',
    username,
    groups,
    uid,
    claims,
    authenticatedAtSeconds: 1,
    acr: undefined,
    credential: { kind: 'bearer', id: 'd' },
    expiresAtMs: 1,
  };
  return identity as unknown as Identity;
}

export const USER: ValueSource = { from: 'username' };
export const mapping = (more: Partial<MappingInput> = {}): MappingInput => ({
  name: 'm',
  subjects: [{ issuer: 'demo' }],
  clusters: ['demo'],
  impersonate: { user: USER },
  ...more,
});
export const noTokens = { findStoredToken: () => Promise.reject(new Error('no stored token is asked for here')) };

export const resolve = (
  mappings: MappingInput[],
  identity: Identity,
  cluster = 'demo',
  ports: { findStoredToken(...key: string[]): Promise<StoredToken | undefined> } = noTokens,
) => resolveGrant(compileMappings(mappings), identity, cluster, ports);
export const user = (source: ValueSource, identity: Identity) =>
  resolve([mapping({ impersonate: { user: source } })], identity);
export const groups = (sources: GroupSource[], identity: Identity, more: Partial<MappingInput> = {}) =>
  resolve([mapping({ impersonate: { user: { value: 'u' }, groups: sources }, ...more })], identity);
