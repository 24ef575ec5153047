import type { RequestInfo } from '#model';

/** Kubernetes' `<scheme>:<name>:<port>` of proxied services, pods and nodes (apimachinery `SplitSchemeNamePort`). */
export interface ProxyName {
  readonly name: string;
  readonly port: string;
}

const PROXIED = new Set(['services', 'pods', 'nodes']);

/** The parts of a name as the proxy of services, pods and nodes reads it; undefined where it reads none. */
export function splitProxyName(text: string): ProxyName | undefined {
  const parts = text.split(':');
  if (parts.length > 3) return undefined;
  if (parts.length === 3 && parts[0] !== '' && parts[0] !== 'http' && parts[0] !== 'https') return undefined;
  const name = (parts.length === 3 ? parts[1] : parts[0]) as string;
  const port = (parts.length === 3 ? parts[2] : parts[1]) ?? '';
  return name === '' ? undefined : { name, port };
}

/** Whether the request's name is read by that syntax at all. */
export function isProxied(request: RequestInfo): boolean {
  return request.subresource === 'proxy' && request.group === '' && PROXIED.has(request.resource);
}

/**
 * The further name by which an Allow may give this request: `web` also covers `web:80`, `http:web:…` and
 * `https:web:…`. For services only: RBAC wants the exact name, and only a service's ports are chosen by its owner.
 */
export function bareServiceName(request: RequestInfo): string | undefined {
  if (request.resource !== 'services' || !isProxied(request) || request.name.startsWith(':')) return undefined;
  const { name } = splitProxyName(request.name) ?? { name: request.name };
  return name === request.name ? undefined : name;
}

/**
 * Whether a Deny that names `ruled` also meets `asked`, both of one bare name. Ports can be told apart only when both
 * are numbers: a port name, or none, may lead to the very port that is denied.
 */
export function portsMayMeet(ruled: string, asked: string): boolean {
  return ruled === asked || !isNumber(ruled) || !isNumber(asked);
}

const isNumber = (port: string): boolean => /^[0-9]+$/.test(port);
