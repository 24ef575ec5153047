import { addConnectionTokens, isHopByHop } from './header-rules.ts';
import { rememberNames } from './known-names.ts';
import { rewriteLocation } from './rewrite-location.ts';

export interface ResponseHeaderOptions {
  /** `''` or `/clusters/<name>`. */
  readonly clusterPrefix: string;
  /** `host[:port]` as the gateway sends it in `Host`. */
  readonly upstreamHost: string;
  /** The upstream's configured base path, `''` or `/base`. */
  readonly basePath: string;
  /** Whether a browser asked. */
  readonly browser: boolean;
  readonly auditId: string;
  /** Whether bytes must reach the client as they come: a watch, followed logs, an upgrade. */
  readonly streams: boolean;
}

/** Would act on the gateway's own origin: cookies, storage, transport policy, CORS, navigation, workers, reports. */
const HOSTILE = new Set([
  'set-cookie',
  'set-cookie2',
  'clear-site-data',
  'strict-transport-security',
  'alt-svc',
  'refresh',
  'service-worker-allowed',
  'report-to',
  'reporting-endpoints',
  'nel',
  'x-content-type-options',
  'cross-origin-opener-policy',
  'audit-id',
  'public-key-pins',
  'origin-agent-cluster',
]);
/**
 * A web server in front of the gateway obeys these and responds with a file or a page of its own network: nginx
 * (X-Accel-Redirect, and buffering, caching and rate limits by the others), Apache's mod_xsendfile, lighttpd and Cherokee
 * (X-Sendfile, X-Sendfile2, X-Sendfile-Type, X-LIGHTTPD-send-file), LiteSpeed (X-LiteSpeed-Location), H2O and Perlbal
 * (X-Reproxy-URL, X-Reproxy-File).
 */
const ORDERS_TO_SERVERS = ['x-accel-', 'x-sendfile', 'x-lighttpd-', 'x-litespeed-', 'x-reproxy-'];
/** Content that is read while it is written, whatever the request was. */
const STREAMED_CONTENT =
  /^\s*(?:text\/event-stream|multipart\/x-mixed-replace|application\/(?:x-ndjson|grpc))(?![\w.-])/i;

/** A browser would ask for a password in the gateway's name and then send it with every request. */
const HOSTILE_TO_BROWSERS = new Set(['www-authenticate']);

/** Framing, routing and the gateway's own policy: meaningless or harmful behind a body (RFC 9110 section 6.5.1). */
const IN_HEAD_ONLY = new Set([
  'content-length',
  'content-type',
  'content-encoding',
  'content-security-policy',
  'location',
]);

interface AnswerName {
  readonly lower: string;
  readonly removed: boolean;
}
const nameOf = rememberNames((lower): AnswerName => ({ lower, removed: isRemoved(lower) }));

function isRemoved(lower: string): boolean {
  return (
    isHopByHop(lower) ||
    HOSTILE.has(lower) ||
    lower.startsWith('access-control-') ||
    ORDERS_TO_SERVERS.some((prefix) => lower.startsWith(prefix))
  );
}

/**
 * An upstream's answer headers as the client may have them (kube-rules section 6). Every upstream answer is hostile
 * on the gateway's origin, so the sandbox is added for every kind of client: a header decides what a browser is.
 * @param rawHeaders flat `[name, value, …]`; so is the result, in received order, the gateway's own at the end.
 */
export function responseHeadersForClient(rawHeaders: readonly string[], options: ResponseHeaderOptions): string[] {
  let connection: Set<string> | undefined;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] as string;
    if (name.length === 10 && name.toLowerCase() === 'connection')
      addConnectionTokens(rawHeaders[i + 1] as string, (connection ??= new Set()));
  }
  const out: string[] = [];
  let { streams } = options;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] as string;
    const { lower, removed } = nameOf(name);
    if (removed || connection?.has(lower)) continue;
    if (options.browser && HOSTILE_TO_BROWSERS.has(lower)) continue;
    const value = rawHeaders[i + 1] as string;
    streams ||= lower === 'content-type' && STREAMED_CONTENT.test(value);
    out.push(name, lower === 'location' ? rewriteLocation(value, options) : value);
  }
  // By default nginx buffers what it proxies, so that a watch or `logs -f` would show nothing.
  if (streams) out.push('X-Accel-Buffering', 'no');
  out.push(
    'Content-Security-Policy',
    'sandbox',
    'X-Content-Type-Options',
    'nosniff',
    'Cross-Origin-Opener-Policy',
    'same-origin',
    'Audit-Id',
    options.auditId,
  );
  return out;
}

/**
 * An upstream's trailers as the client may have them, as pairs for `addTrailers`: what may not stand in the head may
 * not come behind the body either.
 */
export function trailersForClient(rawTrailers: readonly string[]): [string, string][] {
  const pairs: [string, string][] = [];
  for (let i = 0; i + 1 < rawTrailers.length; i += 2) {
    const name = rawTrailers[i] as string;
    const lower = name.toLowerCase();
    if (isRemoved(lower) || IN_HEAD_ONLY.has(lower)) continue;
    pairs.push([name, rawTrailers[i + 1] as string]);
  }
  return pairs;
}
