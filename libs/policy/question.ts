import type { RequestInfo } from '#model';
import { literalSegmentOf } from './needed-acts.ts';
import {
  bareServiceName,
  hasNumberedPort,
  isProxied,
  numberedName,
  splitProxyName,
  type ProxyName,
} from './proxy-name.ts';

/** A request with everything that several look-ups need, worked out once. */
export interface Question {
  readonly request: RequestInfo;
  /** `resource` or `resource/subresource`. */
  readonly combined: string;
  /** Under which a rule that names the resource is found, and one with `*` or `*\/subresource`. */
  readonly exactKeys: readonly string[];
  readonly wildKeys: readonly string[];
  /** `resource/*`, which only a Deny knows. */
  readonly allSubresourceKeys: readonly string[];
  readonly isProxy: boolean;
  /** The verb is `proxy`; an Allow has to name it. */
  readonly isVerbProxy: boolean;
  readonly bareServiceName: string | undefined;
  /** The name of a proxied service or pod with its port as a plain number. */
  readonly numberedName: string | undefined;
  readonly proxyName: ProxyName | undefined;
  /** Index of the raw segment that an allowing path rule must spell literally, or -1. */
  readonly literalSegment: number;
}

/** A NUL stands in no path that is accepted, so that no two pairs of words have one key. */
export const wordKey = (group: string, resource: string): string => `${group}\0${resource}`;

export function readQuestion(request: RequestInfo, upgrade: boolean): Question {
  const { resource, subresource, group } = request;
  const isProxy = subresource === 'proxy';
  const combined = subresource === '' ? resource : `${resource}/${subresource}`;
  const keys = (word: string): string[] => [wordKey(group, word), wordKey('*', word)];
  return {
    request,
    combined,
    exactKeys: keys(combined),
    wildKeys: subresource === '' ? keys('*') : [...keys('*'), ...keys(`*/${subresource}`)],
    allSubresourceKeys: subresource === '' ? [] : keys(`${resource}/*`),
    isProxy,
    isVerbProxy: request.isResource && request.verb === 'proxy',
    bareServiceName: isProxy ? bareServiceName(request) : undefined,
    numberedName: isProxy && hasNumberedPort(request) ? numberedName(request.name) : undefined,
    proxyName: isProxy && isProxied(request) ? splitProxyName(request.name) : undefined,
    literalSegment: literalSegmentOf(request, upgrade),
  };
}
