import type { Random } from './seeded-random.ts';

const ORDINARY = [
  'Accept',
  'User-Agent',
  'Content-Type',
  'Accept-Encoding',
  'X-Stream-Protocol-Version',
  'Kubectl-Session',
];
const OTHERS = [
  'X-A',
  'X-B',
  'x-a',
  'Origin',
  'Sec-Fetch-Site',
  'If-Match',
  'Warning',
  'Via',
  'Impersonate',
  'X-Remote',
];
const IDENTITY = [
  'Impersonate-User',
  'Impersonate-Group',
  'Impersonate-Uid',
  'Impersonate-Extra-Scopes',
  'Impersonate-',
  'X-Remote-User',
  'X-Remote-Group',
  'X-Remote-Extra-a',
  'X-Real-Ip',
  'X-Forwarded-For',
  'X-Forwarded-Host',
  'X-Forwarded-Proto',
  'Forwarded',
  'Audit-ID',
];
const HOP_BY_HOP = [
  'Keep-Alive',
  'TE',
  'Trailer',
  'Proxy-Connection',
  'Proxy-Authorization',
  'Proxy-Authenticate',
  'HTTP2-Settings',
  'Expect',
];
const REFUSED = ['X_A', 'Impersonate_User', 'accept_', 'X-HTTP-Method-Override', 'x-method-override', 'X-Http-Method'];
const VALUES = [
  '',
  '1',
  'system:admin',
  'a, b',
  'text/plain;q=0.5',
  '\xe9',
  'x'.repeat(200),
  '"quoted, comma"',
  'Bearer x',
];
const LENGTHS = ['0', '12', '12', '12', '+1', '1, 1', '0x10', '', '9'.repeat(20)];
const CODINGS = ['chunked', 'Chunked', 'gzip, chunked', 'identity', ''];
const UPGRADES = ['websocket', 'WebSocket', 'SPDY/3.1', ' spdy/3.1 ', 'h2c', 'SPDY/3', 'websocket, h2c', ''];
const COOKIES = [
  'a=1',
  '__Host-gatehouse-session=secret',
  'a=1; __Host-gatehouse-session=secret;b=2',
  '__HOST-GATEHOUSE-x=1',
  ' b = 2 ;',
];
const BEARER = 'base64url.bearer.authorization.k8s.io.';
const PROTOCOLS = [
  'v5.channel.k8s.io',
  `v5.channel.k8s.io, ${BEARER}YWJj`,
  `${BEARER}YWJj`,
  `${BEARER}YWJj, ${BEARER}YWJj, x`,
  `x,${BEARER}`,
  `x, ${BEARER.toUpperCase()}YWJj`,
  `x, ${BEARER}__8`,
];

/** Headers of a request as `rawHeaders` has them: mostly ordinary, with what attackers add, repeated and in any case. */
export function randomHeaders(random: Random): string[] {
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
  const chance = (share: number): boolean => random() < share;
  const cased = (name: string): string => {
    if (chance(0.5)) return name;
    return chance(0.5)
      ? name.toLowerCase()
      : [...name].map((c) => (chance(0.5) ? c.toUpperCase() : c.toLowerCase())).join('');
  };
  const headers: [string, string][] = [['Host', '127.0.0.1']];
  const add = (name: string, value: string): void => void headers.push([cased(name), value]);
  const some = (share: number, names: readonly string[], values: readonly string[] = VALUES): void => {
    while (chance(share)) add(pick(names), pick(values));
  };

  some(0.7, ORDINARY);
  some(0.5, OTHERS);
  some(0.4, IDENTITY);
  some(0.3, HOP_BY_HOP);
  some(0.04, REFUSED);
  some(0.04, ['Host', 'Authorization']);
  some(0.2, ['Cookie'], COOKIES);
  some(0.1, ['Sec-WebSocket-Protocol'], PROTOCOLS);
  some(0.1, ['Content-Length'], LENGTHS);
  some(0.1, ['Transfer-Encoding'], CODINGS);
  some(0.15, ['Upgrade'], UPGRADES);
  if (chance(0.7)) add('Authorization', 'Bearer secret');
  while (chance(0.35)) add('Connection', connectionValue());
  if (chance(0.002)) for (let i = 0; i < 1000; i++) add(`X-${i}`, '');
  if (chance(0.002)) add('X-Big', 'a'.repeat(65_000 + Math.floor(random() * 600)));
  // Order is what tells a filter that remembers from one that does not.
  for (let i = headers.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [headers[i], headers[j]] = [headers[j] as [string, string], headers[i] as [string, string]];
  }
  return headers.flat();

  function connectionValue(): string {
    const tokens = ['keep-alive', 'close', 'Upgrade', 'upgrade'];
    for (let n = Math.floor(random() * 3); n > 0; n--)
      tokens.push(cased(pick([...OTHERS, ...ORDINARY, ...HOP_BY_HOP])));
    if (chance(0.08))
      tokens.push(cased(pick([...IDENTITY, 'Authorization', 'Cookie', 'Sec-WebSocket-Protocol', 'Host'])));
    const chosen = tokens.filter(() => chance(0.5));
    return chosen.join(pick([',', ', ', ' ,\t', ',,']));
  }
}
