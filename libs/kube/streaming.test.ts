import { describe, expect, it } from 'vitest';
import { parseRequest } from './parse-request.ts';
import { isConnectSubresource, isStreamingSubresource, mayUpgrade } from './streaming.ts';

function read(target: string, method = 'GET') {
  const parsed = parseRequest(method, target);
  if (!parsed.ok) throw new Error(parsed.message);
  return parsed.request;
}

describe('upgrades', () => {
  it('are refused where nothing streams', () => {
    const targets = [
      '/',
      '/healthz',
      '/api/v1/pods',
      '/api/v1/namespaces/x/pods/web',
      '/api/v1/namespaces/x/pods/web?watch=1',
      '/api/v1/namespaces/x/pods/web/status',
      '/api/v1/nodes/n/proxy/exec/x/y/z',
      '/apis/apps/v1/namespaces/x/deployments/web/scale',
      '/apis/x.io/v1/namespaces/x/services/web/proxy',
      '/api/v1/namespaces/x/services/web/exec',
      '/api/v1/namespaces/x/secrets/s/log',
    ];
    for (const target of targets) expect([target, mayUpgrade(read(target))]).toEqual([target, false]);
    for (const method of ['PUT', 'PATCH', 'DELETE', 'HEAD'])
      expect(mayUpgrade(read('/api/v1/namespaces/x/pods/web/exec', method))).toBe(false);
  });
  it('are accepted on pod streams, proxies of services and pods, watches, aggregated subresources and the verb proxy', () => {
    const targets = [
      '/api/v1/namespaces/x/pods/web/exec',
      '/api/v1/namespaces/x/pods/web/attach',
      '/api/v1/namespaces/x/pods/web/portforward',
      '/api/v1/namespaces/x/pods/web/log?follow=1',
      '/api/v1/pods?watch=1',
      '/api/v1/namespaces/x/services/web/proxy/ws',
      '/api/v1/namespaces/x/pods/web:80/proxy/',
      '/apis/subresources.kubevirt.io/v1/namespaces/x/virtualmachineinstances/vm/console',
      '/apis/operator.x.io/v1/proxy/namespaces/x/targets/web',
    ];
    for (const target of targets) expect([target, mayUpgrade(read(target))]).toEqual([target, true]);
    expect(mayUpgrade(read('/api/v1/namespaces/x/pods/web/exec', 'POST'))).toBe(true);
  });
});

describe('subresources', () => {
  it('that connect or stream are known by name', () => {
    const of = (sub: string) => read(`/api/v1/namespaces/x/pods/web/${sub}`);
    for (const sub of ['exec', 'attach', 'portforward', 'proxy'])
      expect([isConnectSubresource(of(sub)), isStreamingSubresource(of(sub))]).toEqual([true, true]);
    expect([isConnectSubresource(of('log')), isStreamingSubresource(of('log'))]).toEqual([false, true]);
    expect([isConnectSubresource(of('status')), isStreamingSubresource(of('status'))]).toEqual([false, false]);
    expect(isStreamingSubresource(read('/logs/exec'))).toBe(false);
  });
});
