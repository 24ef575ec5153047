import type { IssuerInput } from '../issuer-input.ts';

/** An Issuer as the demo has it. */
export function issuerInput(changes: Partial<IssuerInput> = {}): IssuerInput {
  return {
    name: 'demo',
    issuer: { url: 'https://login.example', audiences: ['gatehouse'] },
    claimMappings: {
      username: { claim: 'preferred_username', prefix: 'demo:' },
      groups: { claim: 'groups', prefix: 'demo:' },
    },
    ...changes,
  };
}
