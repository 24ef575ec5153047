import { describe, expect, it } from 'vitest';
import { parseRequest } from './parse-request.ts';
import { readClusterPrefix } from './read-cluster-prefix.ts';

describe('the cluster prefix', () => {
  it('is refused in every odd spelling, and so is that of the gateway', () => {
    const odd = [
      '/clusters',
      '/clusters/',
      '/clusters?x',
      '/clusters//x',
      '/clusters//',
      '/Clusters/demo/api',
      '/CLUSTERS/demo',
      '/clusters/Demo/api',
      '/clusters/de%6do/api',
      '/clusters/demo%2fapi',
      '/clusters/demo;x/api',
      '/clusters/../-/',
      '/clusters/./demo',
      '/clusters/-demo/api',
      '/clusters/demo-/api',
      '/clusters/de_mo/api',
      '/clusters/de.mo/api',
      `/clusters/${'a'.repeat(64)}/api`,
      '/clusters/d\xe9mo/',
      '/clusters/ /',
      '/clusters/*/api',
      '/%63lusters/demo/api',
      '/clus%74ers/demo/api',
      '/clusters%2fdemo/api',
      '/clusters;x/demo',
      '/clusters%3b/demo',
      '/.%2fclusters/demo',
      '/./clusters/demo',
      '//clusters/demo',
      '/%2fclusters/demo',
      '\\/clusters/demo',
      '/\\clusters/demo',
      '/%2563lusters/demo',
      '/x/../clusters/demo',
      '/%2e/clusters/demo',
      '/clusters\\demo',
      '/clusters#x',
      '/%c0%afclusters/demo',
      '/%2d',
      '/%2d/healthz',
      '/%2D/',
      '/-%2f',
      '/-%2fhealthz',
      '/-;x/',
      '/-;',
      '/-\\x',
      '//-/',
      '/./-/',
      '/%2e/-/',
      '/x/../-/',
      '/.//-/me',
      '/-%3b/x',
      '/-%23',
      '/-#x',
      '/-%5cme',
      '/ -/',
      '/-%20/',
      '/%252d/',
    ];
    for (const target of odd) {
      const read = readClusterPrefix(target);
      // What is left to the default cluster must then be refused by the parser: nobody may be sent there by a misspelling.
      const outcome = read.kind === 'default' && parseRequest('GET', read.target).ok ? 'forwarded' : read.kind;
      expect([target, outcome === 'refused' || outcome === 'default']).toEqual([target, true]);
    }
  });
  it('is refused where the target is not in origin form', () => {
    for (const target of ['', '*', 'http://h/clusters/demo', 'clusters/demo/api', 'demo:443'])
      expect(readClusterPrefix(target)).toMatchObject({ kind: 'refused', code: 'badTarget' });
  });
  it('is taken off, and nothing else is', () => {
    expect(readClusterPrefix('/clusters/demo/api/v1/pods?x=/-/')).toEqual({
      kind: 'cluster',
      cluster: 'demo',
      target: '/api/v1/pods?x=/-/',
    });
    expect(readClusterPrefix('/clusters/demo')).toEqual({ kind: 'cluster', cluster: 'demo', target: '/' });
    expect(readClusterPrefix('/clusters/demo/')).toEqual({ kind: 'cluster', cluster: 'demo', target: '/' });
    expect(readClusterPrefix('/clusters/demo?timeout=1s')).toEqual({
      kind: 'cluster',
      cluster: 'demo',
      target: '/?timeout=1s',
    });
    expect(readClusterPrefix('/clusters/0-a9//api')).toEqual({ kind: 'cluster', cluster: '0-a9', target: '//api' });
    expect(readClusterPrefix(`/clusters/${'a'.repeat(63)}/-/`)).toEqual({
      kind: 'cluster',
      cluster: 'a'.repeat(63),
      target: '/-/',
    });
    expect(readClusterPrefix('/clusters/gatehouse/apis')).toEqual({
      kind: 'cluster',
      cluster: 'gatehouse',
      target: '/apis',
    });
  });
  it('is the gateway itself for /- and below', () => {
    for (const target of ['/-', '/-/', '/-/healthz', '/-?x', '/-/%2e%2e/api', '/-//'])
      expect([target, readClusterPrefix(target)]).toEqual([target, { kind: 'gateway' }]);
  });
  it('is absent for the default cluster', () => {
    for (const target of [
      '/',
      '/?x',
      '/api/v1/pods',
      '/-x',
      '/--/',
      '/clustersx/a',
      '/cluster/a',
      '/version',
      '/.well-known/x',
      '/c/clusters/demo',
      '/api/-/x',
      '/logs/-',
    ])
      expect(readClusterPrefix(target)).toEqual({ kind: 'default', target });
  });
});
