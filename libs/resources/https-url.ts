import { isIP } from 'node:net';
import { judgeAddress } from '#outbound';

/** One spelling of a base path: no escapes, empty or dot segments for two readers to disagree about. */
const PATH = /^(?:\/(?!\.{1,2}(?:\/|$))[A-Za-z0-9._~@:+-]+)*\/?$/;

/**
 * Checks an address that the gateway will connect to, and answers what would be right, or undefined. Host names are
 * checked again after resolution, at each connect; odd spellings of addresses (`0x7f.1`, `2130706433`) never get there.
 */
export function checkHttpsUrl(value: string): string | undefined {
  if (!URL.canParse(value)) return 'must be an address like https://host.example.com:6443';
  const url = new URL(value);
  if (url.protocol !== 'https:') return 'must begin with https://';
  if (url.username !== '' || url.password !== '') return 'must not hold a user name or password';
  if (value.includes('?') || value.includes('#')) return 'must have no query and no fragment';
  if (!PATH.test(url.pathname)) return 'must have a plain path (no escapes, empty or dot segments), or none';
  const authority = value.slice('https://'.length).split('/')[0] as string;
  const written = authority.toLowerCase().replace(/:443$/, '');
  if (!value.startsWith('https://') || written !== url.host || !hasSamePath(value, url))
    return `must be spelt ${url.origin}${url.pathname === '/' ? '' : url.pathname}`;
  const host = url.hostname.replace(/^\[|\]$/g, '');
  if (isIP(host) !== 0 && judgeAddress(host) === 'forbidden')
    return 'must not be a link-local, metadata, multicast or unspecified address';
  return undefined;
}

function hasSamePath(value: string, url: URL): boolean {
  const slash = value.indexOf('/', 'https://'.length);
  return (slash < 0 ? '/' : value.slice(slash)) === url.pathname;
}
