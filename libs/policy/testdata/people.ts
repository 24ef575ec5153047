import { parseRequest } from '#kube';
import type { Identity, RequestInfo } from '#model';
import type { AccessRuleInput, Rule } from '../access-rule.ts';
import { compilePolicy } from '../compile-policy.ts';
import { decide } from '../decide.ts';

/** An identity as `#identity` would mint it. */
export function person(username: string, groups: readonly string[] = [], issuer = 'demo'): Identity {
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

export const ask = (
  rules: AccessRuleInput[],
  line: string,
  o: { upgrade?: boolean; as?: typeof bob; cluster?: string } = {},
) => decide(compilePolicy(rules), o.as ?? bob, o.cluster ?? 'demo', request(line), { upgrade: o.upgrade ?? false });
export const allowed = (...args: Parameters<typeof ask>): boolean => ask(...args).allowed;

export const words = (verbs: string, resources: string, more: Rule = {}): Rule => ({
  verbs: verbs.split(' '),
  apiGroups: [''],
  resources: resources.split(' '),
  ...more,
});
export const NS = '/api/v1/namespaces/team-a';
export const everything: Rule = { verbs: ['*'], apiGroups: ['*'], resources: ['*'] };
