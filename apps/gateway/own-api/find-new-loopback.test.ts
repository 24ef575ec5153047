import { expect, test } from 'vitest';
import { findNewLoopback } from './find-new-loopback.ts';

const object = (kind: string, spec: object) => ({
  apiVersion: 'gatehouse.dev/v1alpha1',
  kind,
  metadata: { name: 'x' },
  spec,
});
const paths = (kind: string, spec: object, before?: object): string[] =>
  findNewLoopback(object(kind, spec), before && object(kind, before)).map(({ path }) => path);

test.each(['https://127.0.0.1:6443', 'https://localhost', 'https://kube.localhost:1', 'https://[::1]:6443'])(
  'a cluster at %s is refused, unless it was there already',
  (server) => {
    expect(paths('Cluster', { server })).toEqual(['spec.server']);
    expect(paths('Cluster', { server }, { server: 'https://10.0.0.1' })).toEqual(['spec.server']);
    expect(paths('Cluster', { server }, { server })).toEqual([]);
  },
);
test('so is an issuer, by its url and by its discoveryURL', () => {
  const issuer = { url: 'https://localhost:1', discoveryURL: 'https://127.0.0.1/x' };
  expect(paths('Issuer', { issuer })).toEqual(['spec.issuer.url', 'spec.issuer.discoveryURL']);
  expect(paths('Issuer', { issuer: { url: 'https://login.example' } })).toEqual([]);
  expect(paths('Mapping', { server: 'https://localhost' })).toEqual([]);
});
