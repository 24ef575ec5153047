import type { ErrorCode } from '#errors';
import { addConnectionTokens, isIdentityHeader, isWithheldFromUpstream } from './header-rules.ts';
import { rememberNames } from './known-names.ts';
import { withoutGatewayCookies } from './strip-cookies.ts';
import { readWebsocketProtocols } from './websocket-bearer.ts';

export interface RequestHeaders {
  readonly authorization: string | undefined;
  /** Values of the `Cookie` headers, as received. */
  readonly cookies: readonly string[];
  readonly host: string | undefined;
  readonly origin: string | undefined;
  readonly secFetchSite: string | undefined;
  readonly secFetchMode: string | undefined;
  readonly accept: string | undefined;
  readonly userAgent: string | undefined;
  readonly contentType: string | undefined;
  /** All `X-Forwarded-For` values joined with `, `; only to be believed from a trusted peer. */
  readonly forwardedFor: string | undefined;
  readonly forwardedProto: string | undefined;
  readonly expectContinue: boolean;
  readonly upgrade: 'websocket' | 'spdy' | undefined;
  /** Token of the subprotocol `base64url.bearer.authorization.k8s.io.<token>` of a WebSocket handshake, decoded. */
  readonly websocketBearer: string | undefined;
  /** Any `Impersonate-*`, in whatever case. */
  readonly hasImpersonation: boolean;
  readonly contentLength: number | undefined;
  readonly hasBody: boolean;
  /** What may go upstream: flat `[name, value, …]` in received order and spelling. */
  readonly passThrough: readonly string[];
}

export type ReadHeaders =
  | { readonly ok: true; readonly headers: RequestHeaders }
  | { readonly ok: false; readonly code: ErrorCode; readonly message: string };

const MAX_HEADERS = 1000;
/** Bytes, names and values and the four of `: ` and CRLF. */
const MAX_HEADER_BYTES = 64 * 1024;
/** Would make an application behind a proxy do another method than the one that was judged. */
const METHOD_OVERRIDES = new Set(['x-http-method-override', 'x-http-method', 'x-method-override']);

/** Values of the headers that are read here, joined when repeated (so that a repeated one equals no single value). */
type Collected = Map<string, string>;
const COLLECTED = new Set([
  'authorization',
  'host',
  'origin',
  'sec-fetch-site',
  'sec-fetch-mode',
  'accept',
  'user-agent',
  'content-type',
  'x-forwarded-for',
  'x-forwarded-proto',
  'expect',
  'upgrade',
  'content-length',
  'transfer-encoding',
  'sec-websocket-protocol',
]);
const ONCE = new Set(['host', 'authorization', 'content-length', 'transfer-encoding', 'upgrade']);

type NameKind = 'connection' | 'cookie' | 'impersonation' | 'collected' | 'underscore' | 'override' | 'other';

/** What there is to know of a header by its name alone. */
interface HeaderName {
  readonly lower: string;
  readonly kind: NameKind;
  readonly isWithheld: boolean;
}

const nameOf = rememberNames((lower): HeaderName => ({
  lower,
  kind: kindOf(lower),
  isWithheld: isWithheldFromUpstream(lower),
}));

function kindOf(lower: string): NameKind {
  // CGI-like servers read X_Remote_User as X-Remote-User.
  if (lower.includes('_')) return 'underscore';
  if (METHOD_OVERRIDES.has(lower)) return 'override';
  if (lower === 'connection' || lower === 'cookie') return lower;
  if (lower.startsWith('impersonate-')) return 'impersonation';
  return COLLECTED.has(lower) ? 'collected' : 'other';
}

/**
 * Reads and sorts the request's headers (kube-rules section 2), from `rawHeaders` because Node joins or drops
 * duplicates. Refuses (`badHeader`, `headersTooLarge`, `badUpgrade`) what two parsers could read in two ways; what it
 * leaves in `passThrough` holds no credential, no identity and no hop-by-hop header.
 */
export function readRequestHeaders(rawHeaders: readonly string[]): ReadHeaders {
  if (rawHeaders.length > MAX_HEADERS * 2)
    return refuse('headersTooLarge', `the request has more than ${MAX_HEADERS} headers`);
  const names: HeaderName[] = [];
  const seen: Collected = new Map();
  const cookies: string[] = [];
  const connection = new Set<string>();
  let bytes = 0;
  let hasImpersonation = false;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] as string;
    const value = rawHeaders[i + 1] as string;
    bytes += name.length + value.length + 4;
    if (bytes > MAX_HEADER_BYTES) return refuse('headersTooLarge', 'the request headers are larger than 64 KiB');
    const known = nameOf(name);
    const { lower, kind } = known;
    names.push(known);
    if (kind === 'other') continue;
    if (kind === 'underscore') return refuse('badHeader', 'header names with an underscore are refused');
    if (kind === 'override')
      return refuse('badHeader', `${lower} is refused: the method that is judged must be the method that is done`);
    if (kind === 'connection') addConnectionTokens(value, connection);
    else if (kind === 'cookie') cookies.push(value);
    else if (kind === 'impersonation') hasImpersonation = true;
    else {
      const earlier = seen.get(lower);
      if (earlier !== undefined && ONCE.has(lower))
        return refuse(lower === 'upgrade' ? 'badUpgrade' : 'badHeader', `a second ${lower} header is refused`);
      seen.set(lower, earlier === undefined ? value : `${earlier}, ${value}`);
    }
  }
  // CVE-2021-31999: a proxy was made to drop its own identity headers and ran as itself.
  for (const token of connection) {
    if (token === 'authorization' || token === 'audit-id' || isIdentityHeader(token))
      return refuse('badHeader', `Connection may not name ${token}`);
  }
  const body = readBodyLength(seen);
  if (!body) return refuse('badHeader', 'Content-Length and Transfer-Encoding do not say one length');
  const upgrade = readUpgrade(seen.get('upgrade'), connection);
  if (upgrade === false) return refuse('badUpgrade', 'upgrades are accepted for websocket and SPDY/3.1 only');
  const protocols = readWebsocketProtocols(seen.get('sec-websocket-protocol'));
  if (!protocols) return refuse('badHeader', 'the bearer subprotocol of the WebSocket handshake cannot be read');

  const passThrough: string[] = [];
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const { lower, isWithheld } = names[i >> 1] as HeaderName;
    if (isWithheld || connection.has(lower)) continue;
    let value: string | undefined = rawHeaders[i + 1] as string;
    if (lower === 'cookie') value = withoutGatewayCookies(value);
    else if (lower === 'sec-websocket-protocol' && protocols.hadBearer) continue;
    if (value !== undefined) passThrough.push(rawHeaders[i] as string, value);
  }
  if (protocols.hadBearer && !connection.has('sec-websocket-protocol'))
    passThrough.push('Sec-WebSocket-Protocol', protocols.others);

  const headers: RequestHeaders = {
    authorization: seen.get('authorization'),
    cookies,
    host: seen.get('host'),
    origin: seen.get('origin'),
    secFetchSite: seen.get('sec-fetch-site'),
    secFetchMode: seen.get('sec-fetch-mode'),
    accept: seen.get('accept'),
    userAgent: seen.get('user-agent'),
    contentType: seen.get('content-type'),
    forwardedFor: seen.get('x-forwarded-for'),
    forwardedProto: seen.get('x-forwarded-proto'),
    expectContinue: seen.get('expect')?.toLowerCase() === '100-continue',
    upgrade,
    websocketBearer: upgrade === 'websocket' ? protocols.bearer : undefined,
    hasImpersonation,
    contentLength: body.contentLength,
    hasBody: body.hasBody,
    passThrough,
  };
  return { ok: true, headers };
}

const refuse = (code: ErrorCode, message: string): ReadHeaders => ({ ok: false, code, message });

/** Both together, or a coding that is not `chunked`, is how requests are smuggled (RFC 9112, section 6.3). */
function readBodyLength(seen: Collected): { contentLength: number | undefined; hasBody: boolean } | undefined {
  const length = seen.get('content-length');
  const coding = seen.get('transfer-encoding');
  if (coding !== undefined)
    return length === undefined && coding.trim().toLowerCase() === 'chunked'
      ? { contentLength: undefined, hasBody: true }
      : undefined;
  if (length === undefined) return { contentLength: undefined, hasBody: false };
  const contentLength = /^[0-9]{1,15}$/.test(length) ? Number(length) : undefined;
  return contentLength === undefined ? undefined : { contentLength, hasBody: contentLength > 0 };
}

/** An upgrade is asked for only if `Connection` says so too; `h2c` (curl --http2) is an offer that may be ignored. */
function readUpgrade(
  value: string | undefined,
  connection: ReadonlySet<string>,
): 'websocket' | 'spdy' | undefined | false {
  if (value === undefined || !connection.has('upgrade')) return undefined;
  const protocol = value.trim().toLowerCase();
  if (protocol === 'websocket') return 'websocket';
  if (protocol === 'spdy/3.1') return 'spdy';
  return protocol === 'h2c' ? undefined : false;
}
