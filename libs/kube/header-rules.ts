/** Removed on both ways (RFC 9110, section 7.6.1, and what RFC 2616 and browsers added). */
const HOP_BY_HOP = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'proxy-authenticate',
  'proxy-authorization',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'http2-settings',
  'proxy-authentication-info',
]);

/** Never sent upstream as the client wrote them: the gateway sets its own, or has read them. */
const NOT_FORWARDED = new Set([
  'host',
  'authorization',
  'content-length',
  'expect',
  'audit-id',
  'forwarded',
  'x-real-ip',
]);

/** Extra key under which the gateway says who acts as somebody else; nobody else may send it. */
export const ORIGINAL_USER_KEY = 'gatehouse.dev/original-user';

export const isHopByHop = (lowerName: string): boolean => HOP_BY_HOP.has(lowerName);

/** `lowerName` is one that a client may not send upstream through the gateway (kube-rules 2.3, 2.4, 2.8). */
export function isWithheldFromUpstream(lowerName: string): boolean {
  return (
    HOP_BY_HOP.has(lowerName) ||
    NOT_FORWARDED.has(lowerName) ||
    isIdentityHeader(lowerName) ||
    lowerName.startsWith('x-forwarded-')
  );
}

/** Headers by which the API server, or a proxy before it, learns who somebody is. */
export function isIdentityHeader(lowerName: string): boolean {
  return lowerName.startsWith('impersonate-') || lowerName.startsWith('x-remote-');
}

/** Adds the tokens of one `Connection` value, lower-case. */
export function addConnectionTokens(value: string, tokens: Set<string>): void {
  for (const part of value.split(',')) {
    const token = part.trim().toLowerCase();
    if (token !== '') tokens.add(token);
  }
}
