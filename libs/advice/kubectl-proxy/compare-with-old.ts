import { mayUpgrade, parseRequest } from '#kube';
import { compilePolicy, decide, type AccessRuleInput } from '#policy';
import type { ResourceObject } from '#resources';
import { accessRulesOf } from '../access-rules-of.ts';
import { nameTarget } from '../replay/show-request.ts';
import { supposeIdentity } from '../suppose-identity.ts';
import type { OldFilter } from './old-filter.ts';
import type { ProxyFlags } from './proxy-flags.ts';
import { METHODS, samplePaths } from './sample-requests.ts';

export interface Comparison {
  readonly asked: number;
  /** By the old flags, by the new rules. */
  readonly letThrough: number;
  readonly allowed: number;
  /** Let through before and refused now, by what they are: `pods/exec`, `services/proxy`. */
  readonly refusedNow: readonly string[];
  /** Refused before and allowed now; must be empty. */
  readonly allowedNow: readonly string[];
}

/** Asks the old filter and the new rules about every kind of request. Hosts are left out: they are configuration here. */
export function compareWithOld(flags: ProxyFlags, filter: OldFilter, objects: readonly ResourceObject[]): Comparison {
  const rules = accessRulesOf(objects);
  const [{ subjects = [], clusters = [] } = {} as Partial<AccessRuleInput>] = rules;
  const { issuer = '', user = 'anybody', group } = subjects[0] ?? {};
  const identity = supposeIdentity({ issuer, username: user, groups: group === undefined ? [] : [group] });
  const policy = compilePolicy(rules);
  const host = hostOf(filter);
  const prefix = flags.apiPrefix.replace(/\/$/, '');
  const refusedNow = new Set<string>();
  const allowedNow: string[] = [];
  let asked = 0;
  let letThrough = 0;
  let allowed = 0;
  for (const path of samplePaths([...filter.acceptPaths, ...filter.rejectPaths].map(({ text }) => text))) {
    for (const method of METHODS) {
      const parsed = parseRequest(method, path);
      if (!parsed.ok) continue;
      const { request } = parsed;
      asked++;
      const whole = prefix.startsWith('/api') ? path : prefix + path;
      const before = filter.accepts(method, decodeURIComponent(whole), host);
      const upgrade =
        method === 'GET' && ['exec', 'attach', 'portforward'].includes(request.subresource) && mayUpgrade(request);
      const now = decide(policy, identity, clusters[0] === '*' ? 'any' : (clusters[0] ?? ''), request, {
        upgrade,
        sourceAddress: '',
        nowMs: 0,
      }).allowed;
      if (before) letThrough++;
      if (now) allowed++;
      if (now && !before) allowedNow.push(`${method} ${path}`);
      if (before && !now)
        refusedNow.add(
          request.isResource && request.subresource !== ''
            ? `${request.resource}/${request.subresource}`
            : `${method} ${nameTarget(request)}`,
        );
    }
  }
  return { asked, letThrough, allowed, refusedNow: [...refusedNow].sort(), allowedNow };
}

/** One that the old filter takes, so that paths and methods alone are compared. */
function hostOf({ acceptHosts }: OldFilter): string {
  const candidates = ['localhost', '127.0.0.1', ...acceptHosts.map(({ text }) => text.replace(/[\\^$]/g, ''))];
  return candidates.find((host) => acceptHosts.some((expression) => expression.found(host))) ?? 'localhost';
}
