import { describe, expect, test } from 'vitest';
import { parseRequest } from '#kube';
import { compileRequestSet, findMissingRule, type RequestSetInput } from './request-set.ts';

const SET: RequestSetInput = {
  rules: [
    { verbs: ['create', 'update', 'patch', 'delete', 'deletecollection'], apiGroups: ['*'], resources: ['*'] },
    { verbs: ['get', 'list', 'watch'], apiGroups: [''], resources: ['secrets'] },
    { methods: ['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'], paths: ['/**'] },
  ],
  except: [
    {
      verbs: ['create'],
      apiGroups: ['authorization.k8s.io'],
      resources: ['selfsubjectaccessreviews', 'selfsubjectrulesreviews'],
    },
  ],
};

function read(method: string, target: string) {
  const parsed = parseRequest(method, target);
  if (!parsed.ok) throw new Error(parsed.message);
  return parsed.request;
}
const has = (set: RequestSetInput, method: string, target: string, upgrade = false): boolean =>
  compileRequestSet(set).has(read(method, target), upgrade);

describe('a set of requests', () => {
  test.each([
    ['GET', '/api/v1/namespaces/a/pods/p'],
    ['HEAD', '/api/v1/namespaces/a/pods/p'],
    ['GET', '/api/v1/pods?watch=1'],
    ['GET', '/api/v1/namespaces/a/pods/p/log?follow=true'],
    ['GET', '/api/v1/namespaces/a/services/s/proxy/x'],
    ['HEAD', '/api/v1/namespaces/a/services/s/proxy/x'],
    ['GET', '/apis/secrets.example/v1/secrets'],
    ['GET', '/version'],
    ['POST', '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews'],
    ['POST', '/apis/authorization.k8s.io/v1/selfsubjectrulesreviews'],
  ])('does not hold %s %s', (method, target) => {
    expect(has(SET, method, target)).toBe(false);
  });

  test.each([
    ['POST', '/api/v1/namespaces/a/pods'],
    ['PUT', '/api/v1/namespaces/a/pods/p/status'],
    ['PATCH', '/apis/apps/v1/namespaces/a/deployments/d/scale'],
    ['DELETE', '/api/v1/namespaces/a/pods/p'],
    ['DELETE', '/api/v1/namespaces/a/pods'],
    ['POST', '/apis/new.example/v1/things'],
    ['GET', '/api/v1/namespaces/a/secrets/s'],
    ['HEAD', '/api/v1/namespaces/a/secrets/s'],
    ['GET', '/api/v1/secrets'],
    ['GET', '/api/v1/namespaces/a/secrets?watch=1'],
    ['GET', '/api/v1/namespaces/a/pods/p/exec?command=ls'],
    ['GET', '/api/v1/namespaces/a/pods/p/attach'],
    ['POST', '/api/v1/namespaces/a/pods/p/portforward'],
    ['POST', '/api/v1/namespaces/a/services/s/proxy/x'],
    ['PUT', '/api/v1/nodes/n/proxy/x'],
    ['DELETE', '/api/v1/namespaces/a/pods/p/proxy/x'],
    ['POST', '/apis/authorization.k8s.io/v1/subjectaccessreviews'],
    ['POST', '/apis/new.example/v1/selfsubjectaccessreviews'],
    ['POST', '/api/v1/namespaces/a/serviceaccounts/s/token'],
    ['POST', '/something'],
    ['DELETE', '/something'],
  ])('holds %s %s', (method, target) => {
    expect(has(SET, method, target)).toBe(true);
  });

  test('holds every upgrade, also of a watch and of a proxied page', () => {
    for (const target of [
      '/api/v1/pods?watch=1',
      '/api/v1/namespaces/a/services/s/proxy/socket',
      '/apis/subresources.kubevirt.io/v1/namespaces/a/virtualmachineinstances/v/console',
    ])
      expect(has(SET, 'GET', target, true)).toBe(true);
  });

  test('holds the verb proxy', () => {
    expect(has(SET, 'GET', '/apis/operator.example/v1/proxy/things/t')).toBe(true);
    expect(has(SET, 'GET', '/apis/operator.example/v1/proxy/things/t', true)).toBe(true);
  });

  test('holds OPTIONS behind a proxy by its method, which is all that it has', () => {
    const target = '/api/v1/namespaces/a/services/s/proxy/x';
    expect(has(SET, 'OPTIONS', target)).toBe(true);
    expect(has({ ...SET, rules: SET.rules.slice(0, 2) }, 'OPTIONS', target)).toBe(false);
  });

  test('answers the same when it remembers, and tells methods and upgrades apart', () => {
    const set = compileRequestSet(SET);
    const page = read('GET', '/api/v1/namespaces/a/services/s/proxy/x');
    for (let round = 0; round < 2; round += 1) {
      expect(set.has(page, false)).toBe(false);
      expect(set.has(page, true)).toBe(true);
      expect(set.has(read('POST', '/api/v1/namespaces/a/services/s/proxy/x'), false)).toBe(true);
    }
    for (let at = 0; at < 5_000; at += 1) expect(set.has(read('GET', `/api/v1/made-up-${at}`), false)).toBe(false);
    expect(set.has(read('GET', '/api/v1/secrets'), false)).toBe(true);
  });

  test('may look at namespaces, names and paths', () => {
    const set = compileRequestSet({
      rules: [
        { verbs: ['get'], apiGroups: [''], resources: ['configmaps'], namespaces: ['a'], resourceNames: ['c'] },
        { methods: ['GET'], paths: ['/metrics'] },
      ],
      except: [],
    });
    expect(set.has(read('GET', '/api/v1/namespaces/a/configmaps/c'), false)).toBe(true);
    expect(set.has(read('GET', '/api/v1/namespaces/b/configmaps/c'), false)).toBe(false);
    expect(set.has(read('GET', '/api/v1/namespaces/a/configmaps/d'), false)).toBe(false);
    expect(set.has(read('GET', '/metrics'), false)).toBe(true);
    expect(set.has(read('GET', '/version'), false)).toBe(false);
  });
});

describe('a set that lacks something of another', () => {
  const [writes, secrets, methods] = SET.rules;
  if (!writes || !secrets || !methods) throw new Error('three rules');

  test('is found by the rule that is missing, smaller or limited, and by an exception more', () => {
    expect(findMissingRule(SET, { ...SET, rules: [] })).toBe(writes);
    expect(findMissingRule(SET, { ...SET, rules: [writes, methods] })).toBe(secrets);
    expect(findMissingRule(SET, { ...SET, rules: [{ ...writes, verbs: ['create'] }, secrets, methods] })).toBe(writes);
    expect(findMissingRule(SET, { ...SET, rules: [writes, { ...secrets, namespaces: ['a'] }, methods] })).toBe(secrets);
    const leases = { verbs: ['update'], apiGroups: ['coordination.k8s.io'], resources: ['leases'] };
    expect(findMissingRule(SET, { ...SET, except: [...SET.except, leases] })).toBe(leases);
  });

  test('is none where it is the same, wider, or makes fewer exceptions', () => {
    expect(findMissingRule(SET, SET)).toBeUndefined();
    expect(findMissingRule(SET, { ...SET, except: [] })).toBeUndefined();
    const everything = [
      { verbs: ['*'], apiGroups: ['*'], resources: ['*'] },
      { methods: ['*'], paths: ['/**'] },
    ];
    expect(findMissingRule(SET, { rules: everything, except: [] })).toBeUndefined();
  });
});
