import { describe, expect, test } from 'vitest';
import { findRuleWarnings } from './find-rule-warnings.ts';
import type { AccessRuleSpec } from './kinds.ts';

const NOW = Date.parse('2026-01-01T00:00:00Z');
const warnings = (entry: object, more: object = {}): string =>
  findRuleWarnings(
    {
      subjects: [{ issuer: 'demo' }],
      clusters: ['demo'],
      effect: 'Allow',
      mode: 'Enforce',
      rules: [entry],
      ...more,
    } as AccessRuleSpec,
    NOW,
  ).join('\n');
const words = (verbs: string, resources: string, more: object = {}) => ({
  verbs: verbs.split(' '),
  apiGroups: [''],
  resources: resources.split(' '),
  ...more,
});
const deny = (entry: object, more: object = {}) => warnings(entry, { effect: 'Deny', ...more });
const raw = (methods: string, ...paths: string[]) => ({ methods: methods.split(' '), paths });

describe('a rule says what it seems to say', () => {
  test.each<[string, string]>([
    ['reading pods', warnings(words('get list watch', 'pods pods/log'))],
    ['reading secrets in full', warnings(words('get list watch', 'secrets'))],
    ['one service by name', warnings(words('*', 'services/proxy', { resourceNames: ['web'] }))],
    ['all verbs of config maps', warnings(words('*', 'configmaps'))],
    [
      'the status of a deployment',
      warnings({ verbs: ['update', 'patch'], apiGroups: ['apps'], resources: ['deployments/status'] }),
    ],
    ['custom resources', warnings({ verbs: ['get'], apiGroups: ['example.com'], resources: ['wigdets'] })],
    ['all resources of a custom group', warnings({ verbs: ['*'], apiGroups: ['example.com'], resources: ['*'] })],
    ['the verb proxy', warnings({ verbs: ['proxy'], apiGroups: ['example.com'], resources: ['targets'] })],
    ['one path', warnings(raw('GET', '/api/v1/namespaces/a/pods/**', '/apis/**'))],
    ['a Deny of reading', deny(words('get list watch', 'secrets'))],
    ['a Deny of all ways into pods', deny(words('*', 'pods/exec pods/attach pods/ephemeralcontainers'))],
  ])('%s', (_what, said) => {
    expect(said).toBe('');
  });
});

describe('an Allow that gives more than it seems is warned of', () => {
  test.each<[string, string, RegExp]>([
    ['everything that is read', warnings(words('get list', '*')), /"\*", which holds secrets$/],
    [
      'everything that is made',
      warnings(words('create', '*')),
      /holds pods\/exec, pods\/attach, pods\/portforward and serviceaccounts\/token/,
    ],
    ['everything', warnings(words('*', '*')), /secrets, pods\/exec, .* and pods\/ephemeralcontainers/],
    ['secrets by list', warnings(words('list', 'secrets')), /both show what is in them/],
    ['a PUT that creates', warnings(words('update', 'configmaps')), /may create too/],
    ['a server-side apply', warnings(words('get patch', 'configmaps')), /may create too/],
    ['a raw PUT', warnings(raw('PUT', '/api/v1/namespaces/a/configmaps/x')), /may create too/],
    ['making pods', warnings(words('create', 'pods')), /mount every secret/],
    [
      'making deployments',
      warnings({ verbs: ['*'], apiGroups: ['apps'], resources: ['deployments'] }),
      /making deployments/,
    ],
    [
      'bindings',
      warnings({ verbs: ['create'], apiGroups: ['rbac.authorization.k8s.io'], resources: ['rolebindings'] }),
      /escalate or bind/,
    ],
    ['acting as anybody', warnings(words('impersonate', 'users')), /acting as anybody/],
    ['acting as others', warnings(words('*', 'groups', { resourceNames: ['x'] })), /acting as others/],
    ['nodes/proxy', warnings(words('get', 'nodes/proxy')), /kubelet/],
    ['serviceaccounts/token', warnings(words('create', 'serviceaccounts/token')), /outside this gateway/],
    ['ephemeral containers', warnings(words('patch', 'pods/ephemeralcontainers')), /beside any pod/],
    ['every service by proxy', warnings(words('get', 'services/proxy')), /every port/],
    ['names on a list', warnings(words('list', 'pods', { resourceNames: ['x'] })), /not allowed by it/],
    ['the verb proxy in the core group', warnings(words('proxy', 'services')), /in groups that are named only/],
    [
      'the verb proxy in every group',
      warnings({ verbs: ['proxy'], apiGroups: ['*'], resources: ['targets'] }),
      /in groups that are named only/,
    ],
    ['all paths', warnings(raw('GET', '/**')), /reading \/\*\*, which holds secrets/],
    ['all paths of a namespace', warnings(raw('*', '/api/v1/namespaces/a/**')), /holds secrets/],
    [
      'an end that is over',
      warnings(words('get', 'pods'), { conditions: { notAfter: '2025-12-31T00:00:00Z' } }),
      /is over/,
    ],
  ])('%s', (_what, said, expected) => {
    expect(said).toMatch(expected);
  });
});

describe('a Deny that denies less than it seems is warned of', () => {
  test.each<[string, string, RegExp]>([
    ['get without list and watch', deny(words('get', 'secrets')), /still be read by list and watch/],
    ['list without get and watch', deny(words('list delete', 'secrets')), /still be read by get and watch/],
    ['events in one group', deny(words('*', 'events')), /both "" and "events.k8s.io"/],
    [
      'exec alone',
      deny(words('*', 'pods/exec')),
      /pods\/attach, pods\/ephemeralcontainers and nodes\/proxy may still lead there/,
    ],
    ['names', deny(words('get list watch', 'secrets', { resourceNames: ['x'] })), /also denies list, watch and create/],
    ['paths of objects', deny(raw('*', '/apis/apps/v1/**')), /may be reached by others/],
    [
      'addresses',
      deny(words('*', 'secrets'), { conditions: { sourceAddresses: ['10.0.0.0/8'] } }),
      /any other address/,
    ],
  ])('%s', (_what, said, expected) => {
    expect(said).toMatch(expected);
  });
});

describe('a resource that is nowhere is warned of, with what was meant', () => {
  test.each<[string, string, RegExp]>([
    ['in the singular', warnings(words('get', 'pod')), /"pod" .*did you mean "pods"\?/],
    ['misspelt in a Deny', deny(words('*', 'secretes')), /did you mean "secrets"\?/],
    ['in another group', warnings(words('get', 'deployments')), /it is in API group "apps"/],
    ['with a subresource', warnings(words('get', 'pdos/log')), /did you mean "pods"\?/],
    ['that nobody knows', warnings(words('get', 'gizmos')), /has no such resource/],
  ])('%s', (_what, said, expected) => {
    expect(said).toMatch(expected);
  });
});
