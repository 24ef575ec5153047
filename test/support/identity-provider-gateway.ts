import {
  authenticate,
  compileIssuers,
  createKeySets,
  createVerifiedCache,
  type CompiledIssuers,
  type IssuerInput,
} from '#identity';
import type { Authentication } from '#model';
import type { IdentityProvider } from './identity-provider.ts';

/** The identity stage as a gateway wires it, with a clock that a test can move. */
export interface IdentityStage {
  /** Milliseconds by which this gateway's clock is ahead. */
  aheadMs: number;
  issuers: CompiledIssuers;
  /** Exactly what the stage returns for this bearer: an answer, or the promise of one. */
  ask(token: string): Authentication | Promise<Authentication>;
  /** `identified <user>`, or the code of the refusal. */
  verdict(token: string): Promise<string>;
}

/** The Issuer that the demo configures for a provider. */
export function issuerOf(provider: IdentityProvider, changes: Partial<IssuerInput> = {}): IssuerInput {
  return {
    name: 'demo',
    issuer: {
      url: provider.issuerUrl,
      certificateAuthority: provider.caPem,
      audiences: [provider.clientId],
      ...changes.issuer,
    },
    claimMappings: {
      username: { claim: 'preferred_username', prefix: 'demo:' },
      groups: { claim: 'groups', prefix: 'demo:' },
    },
    ...Object.fromEntries(Object.entries(changes).filter(([name]) => name !== 'issuer')),
  };
}

export function createIdentityStage(issuers: readonly IssuerInput[]): IdentityStage {
  const now = (): number => Date.now() + stage.aheadMs;
  const ports = {
    now,
    keySets: createKeySets({ now }),
    verifiedCache: createVerifiedCache(),
    accessTokens: { findAccessToken: () => undefined },
    disabledPeople: { has: () => false },
    sessions: { find: async () => undefined, touch: async () => {} },
  };
  const stage: IdentityStage = {
    aheadMs: 0,
    issuers: compileIssuers(issuers),
    ask: (token) =>
      authenticate(
        { authorization: `Bearer ${token}`, websocketBearer: undefined, cookies: [], cookieAllowed: true },
        stage.issuers,
        ports,
      ),
    async verdict(token) {
      const answer = await stage.ask(token);
      if (answer.outcome === 'identified') return `identified ${answer.identity.username}`;
      return answer.outcome === 'failed' ? answer.code : answer.outcome;
    },
  };
  return stage;
}
