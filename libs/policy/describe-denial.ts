import type { Identity, StepUp } from '#model';
import type { Conditions } from './access-rule.ts';
import type { CompiledPolicy } from './compile-policy.ts';
import type { DecisionContext } from './decision-context.ts';

const NAMED_ADMINS = 3;

/** `ask an admin of this gateway, group "demo:admins" (issuer demo), …`: who can change it. */
export function describeAdmins({ admins }: CompiledPolicy): string {
  if (admins.length === 0) return 'ask an admin of this gateway';
  const more = admins.length > NAMED_ADMINS ? ` and ${admins.length - NAMED_ADMINS} more` : '';
  return `ask an admin of this gateway, ${admins.slice(0, NAMED_ADMINS).join(', ')}${more},`;
}

/** What keeps a rule that would give the request from counting. */
export function describeLapsed(
  policy: CompiledPolicy,
  rank: number,
  failed: keyof Conditions,
  identity: Identity,
  { sourceAddress, nowMs }: DecisionContext,
): string {
  const { name, conditions = {} } = policy.rules[rank] as CompiledPolicy['rules'][number];
  const rule = `access rule ${JSON.stringify(name)}`;
  switch (failed) {
    case 'notBefore':
      return `${rule} allows it only from ${conditions.notBefore} on`;
    case 'notAfter':
      return `${rule}, which allowed it, ended at ${conditions.notAfter}`;
    case 'sourceAddresses':
      return `${rule} allows it only from other addresses than ${sourceAddress}`;
    case 'maxAuthenticationAgeSeconds':
      return `${rule} allows it only within ${conditions.maxAuthenticationAgeSeconds} seconds of logging in, ${describeAge(identity, nowMs)}`;
    case 'acrValues':
      return `${rule} allows it only to who logged in with acr ${conditions.acrValues?.map((acr) => JSON.stringify(acr)).join(' or ')}, and yours is ${JSON.stringify(identity.acr ?? '')}${identity.credential.kind === 'token' ? ', since an access token is no login' : ''}`;
  }
}

function describeAge({ authenticatedAtSeconds, credential }: Identity, nowMs: number): string {
  if (credential.kind === 'token') return 'and an access token is no login';
  if (authenticatedAtSeconds === undefined) return 'and your credential does not say when that was (auth_time)';
  return `and you did so ${Math.round(nowMs / 1000 - authenticatedAtSeconds)} seconds ago`;
}

/** What to ask the provider for, so that all of these rules count. */
export function toStepUp(policy: CompiledPolicy, ranks: readonly number[]): StepUp {
  const conditions = ranks.map((rank) => policy.rules[rank]?.conditions ?? {});
  const ages = conditions.flatMap(({ maxAuthenticationAgeSeconds: age }) => (age === undefined ? [] : [age]));
  const lists = conditions.flatMap(({ acrValues }) => (acrValues === undefined ? [] : [acrValues]));
  const common = lists.reduce((left, right) => left.filter((acr) => right.includes(acr)), lists[0] ?? []);
  return {
    maxAgeSeconds: ages.length > 0 ? Math.min(...ages) : undefined,
    acrValues: common.length > 0 ? common : (lists.at(-1) ?? []),
  };
}
