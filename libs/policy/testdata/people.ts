import { parseRequest } from '#kube';
import type { Identity, RequestInfo } from '#model';
import type { AccessRuleInput, Rule } from '../access-rule.ts';
import { compilePolicy } from '../compile-policy.ts';
import { decide } from '../decide.ts';
import type { DecisionContext } from '../decision-context.ts';

/** An identity as `#identity` would mint it. */
export function person(
  username: string,
  groups: readonly string[] = [],
  issuer = 'demo',
  more: Partial<Pick<Identity, 'authenticatedAtSeconds' | 'acr' | 'credential'>> = {},
): Identity {
  const identity = {
    issuer,
    issuerUrl: `https://${issuer}.example`,
    subject: username,
    username,
    groups,
    uid: undefined,
    claims: {},
    authenticatedAtSeconds: 1,
    acr: undefined,
    credential: { kind: 'bearer', id: 'digest' },
    expiresAtMs: 1,
    ...more,
  };
  return identity as unknown as Identity;
}

/** `GET /api` → RequestInfo. */
export function request(line: string): RequestInfo {
  const space = line.indexOf(' ');
  const parsed = parseRequest(line.slice(0, space), line.slice(space + 1));
  if (!parsed.ok) throw new Error(`${line}: ${parsed.message}`);
  return parsed.request;
}

export const bob = person('demo:bob', ['demo:dev']);

export function rule(name: string, rules: Rule | Rule[], more: Partial<AccessRuleInput> = {}): AccessRuleInput {
  return {
    name,
    subjects: [{ issuer: 'demo', group: 'demo:dev' }],
    clusters: ['demo'],
    effect: 'Allow',
    mode: 'Enforce',
    rules: Array.isArray(rules) ? rules : [rules],
    ...more,
  };
}

/** 2026-01-01T00:00:00Z */
export const NOW_MS = 1_767_225_600_000;
export const ordinary: DecisionContext = { upgrade: false, sourceAddress: '192.0.2.1', nowMs: NOW_MS };

export interface Asked extends Partial<DecisionContext> {
  as?: typeof bob;
  cluster?: string;
}
export const ask = (rules: AccessRuleInput[], line: string, { as, cluster, ...context }: Asked = {}) =>
  decide(compilePolicy(rules), as ?? bob, cluster ?? 'demo', request(line), { ...ordinary, ...context });
export const allowed = (...args: Parameters<typeof ask>): boolean => ask(...args).allowed;

export const words = (verbs: string, resources: string, more: Rule = {}): Rule => ({
  verbs: verbs.split(' '),
  apiGroups: [''],
  resources: resources.split(' '),
  ...more,
});
export const NS = '/api/v1/namespaces/team-a';
export const everything: Rule = { verbs: ['*'], apiGroups: ['*'], resources: ['*'] };
