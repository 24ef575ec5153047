/**
 * Whether the session cookie counts on this request. Browsers say where a request comes from (`Sec-Fetch-Site`); only
 * the gateway's own pages, and a person who types or opens an address, speak for the person. Upgrades, and browsers
 * that do not say, need an exact `Origin` (Chromium sends no Sec-Fetch headers on a WebSocket handshake, and another
 * port of the same host counts as same-site).
 *
 * @param externalOrigin `https://host[:port]` of the gateway.
 */
export function cookieCounts(
  headers: {
    readonly secFetchSite: string | undefined;
    readonly secFetchMode: string | undefined;
    readonly origin: string | undefined;
    readonly method: string;
    readonly upgrade: boolean;
  },
  externalOrigin: string,
): boolean {
  const { secFetchSite, secFetchMode, origin, method, upgrade } = headers;
  if (upgrade) return origin === externalOrigin;
  if (secFetchSite === undefined) return origin === externalOrigin;
  if (origin !== undefined && origin !== externalOrigin) return false;
  if (secFetchSite === 'same-origin') return true;
  return secFetchSite === 'none' && secFetchMode === 'navigate' && (method === 'GET' || method === 'HEAD');
}
