/**
 * kube-rules section 2 once more, rule by rule and slowly: what may go upstream of a client's headers, or that they are
 * refused. Shares nothing with the code under test.
 * @returns the flat list for upstream, or 'refused'.
 */
export function headersForUpstream(raw: readonly string[]): string[] | 'refused' {
  const lines: Line[] = [];
  for (let i = 0; i < raw.length; i += 2)
    lines.push({ name: raw[i] as string, lower: (raw[i] as string).toLowerCase(), value: raw[i + 1] as string });
  const valuesOf = (name: string): string[] => lines.filter((line) => line.lower === name).map((line) => line.value);
  const listed = valuesOf('connection')
    .flatMap((value) => value.split(','))
    .map((token) => token.trim().toLowerCase())
    .filter((token) => token !== '');

  const size = lines.reduce((sum, { name, value }) => sum + name.length + value.length + 4, 0);
  const refused =
    lines.length > 1000 ||
    size > 64 * 1024 ||
    lines.some(({ lower }) => /_|^x-(http-)?method(-override)?$/.test(lower)) ||
    ['host', 'authorization', 'content-length', 'transfer-encoding', 'upgrade'].some(
      (name) => valuesOf(name).length > 1,
    ) ||
    listed.some((token) => /^(authorization|audit-id|impersonate-.*|x-remote-.*)$/.test(token)) ||
    !hasOneLength(valuesOf('content-length')[0], valuesOf('transfer-encoding')[0]) ||
    (listed.includes('upgrade') &&
      !valuesOf('upgrade').every((value) => /^\s*(websocket|spdy\/3\.1|h2c)\s*$/i.test(value)));
  if (refused) return 'refused';

  const protocols = splitProtocols(valuesOf('sec-websocket-protocol'));
  if (protocols === 'refused') return 'refused';
  const out = lines
    .filter(({ lower }) => !NEVER.test(lower) && !listed.includes(lower))
    .flatMap(({ name, lower, value }) => {
      if (lower === 'sec-websocket-protocol' && protocols.bearers > 0) return [];
      if (lower !== 'cookie') return [name, value];
      const kept = value.split(';').filter((pair) => !/^\s*__host-gatehouse/i.test(pair));
      if (kept.length === value.split(';').length) return [name, value];
      return kept.join(';').trim() === '' ? [] : [name, kept.join(';').trim()];
    });
  if (protocols.bearers > 0 && !listed.includes('sec-websocket-protocol'))
    out.push('Sec-WebSocket-Protocol', protocols.others.join(', '));
  return out;
}

interface Line {
  readonly name: string;
  readonly lower: string;
  readonly value: string;
}

/** Hop-by-hop, identity, forwarding, and what the gateway writes itself. */
const NEVER =
  /^(connection|keep-alive|proxy-.*|te|trailer|transfer-encoding|upgrade|http2-settings|host|authorization|content-length|expect|audit-id|forwarded|x-real-ip|x-forwarded-.*|impersonate-.*|x-remote-.*)$/;

function hasOneLength(length: string | undefined, coding: string | undefined): boolean {
  if (coding !== undefined) return length === undefined && /^\s*chunked\s*$/i.test(coding);
  return length === undefined || /^\d{1,15}$/.test(length);
}

function splitProtocols(values: readonly string[]): { bearers: number; others: string[] } | 'refused' {
  const words = values.flatMap((value) => value.split(',')).map((word) => word.trim());
  const bearers = words.filter((word) => /^base64url\.bearer\.authorization\.k8s\.io\./i.test(word));
  const others = words.filter((word) => word !== '' && !bearers.includes(word));
  if (bearers.length === 0) return { bearers: 0, others };
  const token = /^base64url\.bearer\.authorization\.k8s\.io\.([\w-]+)$/.exec(bearers[0] as string)?.[1];
  const text = token && Buffer.from(token, 'base64url').toString('utf8');
  return bearers.length === 1 && text && !text.includes('\ufffd') && others.length > 0
    ? { bearers: 1, others }
    : 'refused';
}
