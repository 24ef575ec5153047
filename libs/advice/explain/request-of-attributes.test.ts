import { expect, test } from 'vitest';
import { parseRequest } from '#kube';
import { requestOfAttributes, type ResourceAttributes } from './request-of-attributes.ts';

test.each<ResourceAttributes>([
  { verb: 'use', resource: 'pods' },
  { verb: 'get', resource: 'pods', namespace: 'a' },
  { verb: 'create', resource: 'pods', name: 'x' },
  { verb: 'create', resource: 'pods', subresource: 'exec' },
  { verb: 'toString', resource: 'pods' },
  { verb: 'proxy', resource: 'pods', namespace: 'a', name: 'x' },
  { verb: 'proxy', group: 'x.io', resource: 'targets', subresource: 'log', name: 'x' },
])('no request has the attributes %o', (attributes) => {
  expect(requestOfAttributes(attributes)).toBeUndefined();
});

test.each<[ResourceAttributes, string]>([
  [{ verb: 'list', resource: 'pods' }, 'GET /api/v1/pods'],
  [
    { verb: 'watch', resource: 'pods', namespace: 'a', name: 'x' },
    'GET /api/v1/namespaces/a/pods?watch=1&fieldSelector=metadata.name%3Dx',
  ],
  [{ verb: 'get', resource: 'namespaces', namespace: 'a', name: 'a' }, 'GET /api/v1/namespaces/a'],
  [
    { verb: 'patch', group: 'apps', resource: 'deployments', subresource: 'scale', namespace: 'a', name: 'x' },
    'PATCH /apis/apps/v1/namespaces/a/deployments/x/scale',
  ],
  [
    { verb: 'deletecollection', group: 'example.com', version: 'v2', resource: 'widgets' },
    'DELETE /apis/example.com/v2/widgets',
  ],
  [
    { verb: 'proxy', group: 'x.io', resource: 'targets', namespace: 'a', name: 'x' },
    'GET /apis/x.io/v1/proxy/namespaces/a/targets/x',
  ],
  [
    { verb: 'get', resource: 'pods', subresource: 'exec', namespace: 'a', name: 'x' },
    'GET /api/v1/namespaces/a/pods/x/exec',
  ],
])('%o is one request, and reads as such', (attributes, expected) => {
  const request = requestOfAttributes(attributes);
  expect(`${request?.method} ${request?.target}`).toBe(expected);
  const parsed = parseRequest(request?.method ?? '', request?.target ?? '');
  expect(parsed.ok && parsed.request).toMatchObject({
    verb: attributes.verb,
    resource: attributes.resource,
    group: attributes.group ?? '',
  });
  expect(request?.upgrade).toBe(attributes.subresource === 'exec');
});
