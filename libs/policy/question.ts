import type { RequestInfo } from '#model';
import { literalSegmentOf } from './needed-acts.ts';
import { bareServiceName, isProxied, splitProxyName, type ProxyName } from './proxy-name.ts';

/** A request with everything that several look-ups need, worked out once. */
export interface Question {
  readonly request: RequestInfo;
  /** `resource` or `resource/subresource`. */
  readonly combined: string;
  /** `*\/subresource`, or undefined. */
  readonly anyWithSubresource: string | undefined;
  readonly isProxy: boolean;
  readonly bareServiceName: string | undefined;
  readonly proxyName: ProxyName | undefined;
  /** Index of the raw segment that an allowing path rule must spell literally, or -1. */
  readonly literalSegment: number;
}

export function readQuestion(request: RequestInfo, upgrade: boolean): Question {
  const { resource, subresource } = request;
  const isProxy = subresource === 'proxy';
  return {
    request,
    combined: subresource === '' ? resource : `${resource}/${subresource}`,
    anyWithSubresource: subresource === '' ? undefined : `*/${subresource}`,
    isProxy,
    bareServiceName: isProxy ? bareServiceName(request) : undefined,
    proxyName: isProxy && isProxied(request) ? splitProxyName(request.name) : undefined,
    literalSegment: literalSegmentOf(request, upgrade),
  };
}
