import { expect, it } from 'vitest';
import { compilePolicy, decide } from '#policy';
import type { RequestInfo } from '#model';
import { neededRights, type PolicyRule, type Rights } from '#rights';
import type { ResourceObject } from '#resources';
import { randomAsk, randomRules } from '../../libs/policy/testdata/random-rules.ts';

/**
 * RBAC compares the name of a proxied service as text, and `web:080` is not `web:80` to it: the API server refuses what
 * is spelled otherwise than the rule. No list of names can hold every spelling of a number.
 */
const spelled = (name: string): string => name.replace(/:[+-]?0*([0-9]+)$/, ':$1');

/** RBAC's own matching (apiserver `RuleAllows`), of the verb that constrained impersonation asks for. */
function allows(rights: Rights, request: RequestInfo): boolean {
  const verb = `impersonate-on:user-info:${request.verb}`;
  const resource = request.subresource === '' ? request.resource : `${request.resource}/${request.subresource}`;
  const has = (list: readonly string[] | undefined, word: string): boolean =>
    list?.some((entry) => entry === '*' || entry === word) ?? false;
  const matches = (rule: PolicyRule): boolean => {
    if (!has(rule.verbs, verb)) return false;
    if (!request.isResource)
      return (
        rule.nonResourceURLs?.some((url) =>
          url.endsWith('*') ? request.path.startsWith(url.replace(/\*+$/, '')) : url === request.path,
        ) ?? false
      );
    return (
      has(rule.apiGroups, request.group) &&
      (has(rule.resources, resource) ||
        (request.subresource !== '' && (rule.resources?.includes(`*/${request.subresource}`) ?? false))) &&
      (!rule.resourceNames?.length || rule.resourceNames.some((name) => spelled(name) === spelled(request.name)))
    );
  };
  return [...rights.everywhere, ...(rights.inNamespaces.get(request.namespace) ?? [])].some(matches);
}

it('whatever access rules let through, the credential that they ask for may do, and little else', () => {
  const narrower: unknown[] = [];
  let allowed = 0;
  let denied = 0;
  let deniedThereToo = 0;
  for (let round = 0; round < 1_500; round++) {
    const rules = randomRules();
    const policy = compilePolicy(rules);
    for (let n = 0; n < 12; n++) {
      const { identity, cluster, request, context } = randomAsk();
      if (cluster === 'gatehouse') continue;
      const objects: ResourceObject[] = [
        ...rules.map(({ name, ...spec }) => ({
          apiVersion: 'gatehouse.dev/v1alpha1',
          kind: 'AccessRule',
          metadata: { name },
          spec: { effect: 'Allow', mode: 'Enforce', ...withoutUndefined(spec) },
        })),
        {
          apiVersion: 'gatehouse.dev/v1alpha1',
          kind: 'Mapping',
          metadata: { name: 'everybody' },
          spec: {
            subjects: [{ issuer: identity.issuer }],
            clusters: ['*'],
            impersonate: { user: { from: 'username' } },
          },
        },
      ];
      const rights = neededRights(objects, { cluster, constrained: true, accessReviews: false });
      const given = allows(rights, request);
      if (decide(policy, identity, cluster, request, context).allowed) {
        allowed++;
        if (!given) narrower.push({ request, rules, cluster, rights });
      } else {
        denied++;
        if (!given) deniedThereToo++;
      }
    }
  }
  expect(narrower).toEqual([]);
  // It means nothing where nothing is allowed, and little where the credential may do everything.
  expect(allowed).toBeGreaterThan(800);
  expect(deniedThereToo / denied).toBeGreaterThan(0.4);
});

const withoutUndefined = (spec: object): object =>
  Object.fromEntries(Object.entries(spec).filter(([, value]) => value !== undefined));
