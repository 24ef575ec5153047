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
 * The name with its port as a plain number (`http:web:080` is `http:web:80`), so that an Allow matches every spelling of
 * one number; undefined without a port number. Not for nodes: there the API server compares the port as text before it
 * uses the kubelet's credential, so that `n:010250` and `n:10250` are not the same (pkg/registry/core/node/strategy.go).
 */
export function numberedName(name: string): string | undefined {
  const portAt = name.lastIndexOf(':') + 1;
  if (portAt === 0 || splitProxyName(name) === undefined) return undefined;
  const port = portNumber(name.slice(portAt));
  return port === undefined ? undefined : name.slice(0, portAt) + port;
}

/** Whether the port in the request's name is read as a number where an Allow is matched. */
export const hasNumberedPort = (request: RequestInfo): boolean => request.resource !== 'nodes' && isProxied(request);

/**
 * Whether a Deny that names `ruled` also matches `asked`, both of one bare name. Ports can be told apart only when both
 * are numbers: a port name, or none, may lead to the very port that is denied.
 */
export function portsMayMeet(ruled: string, asked: string): boolean {
  if (ruled === asked) return true;
  const [a, b] = [portNumber(ruled), portNumber(asked)];
  return a === undefined || b === undefined || a === b;
}

/**
 * The number that the API server reads in a port, in its shortest spelling; undefined where the port is a name. The
 * service proxy parses it by `strconv.ParseInt(port, 10, 64)` (pkg/registry/core/service/storage/storage.go): a sign and
 * leading zeros are read, `8_0` and what exceeds an int64 are names. No port that exists is negative.
 */
function portNumber(port: string): string | undefined {
  const [, sign, written] = /^([+-]?)([0-9]+)$/.exec(port) ?? [];
  const digits = written?.replace(/^0+(?=[0-9])/, '');
  // `BigInt` of a port of 64 KiB takes milliseconds; no int64 has more digits.
  if (digits === undefined || digits.length > INT64_DIGITS) return undefined;
  const isNegative = sign === '-';
  const value = BigInt(digits);
  if (value > (isNegative ? MAX_INT64 + 1n : MAX_INT64)) return undefined;
  return `${isNegative && value !== 0n ? '-' : ''}${value}`;
}

const MAX_INT64 = (1n << 63n) - 1n;
const INT64_DIGITS = 19;
