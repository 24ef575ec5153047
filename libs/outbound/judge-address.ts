import { BlockList, isIP, isIPv4 } from 'node:net';

/** `forbidden`: no cluster and no issuer has it, and it may be somebody who gives credentials to any caller. */
export type AddressKind = 'ordinary' | 'loopback' | 'forbidden';

const FORBIDDEN_V4: readonly (readonly [string, number])[] = [
  ['0.0.0.0', 8],
  // Link-local; most clouds' metadata.
  ['169.254.0.0', 16],
  // Metadata outside of it: Alibaba, Azure, Oracle.
  ['100.100.100.200', 32],
  ['168.63.129.16', 32],
  ['192.0.0.192', 32],
  // Multicast, reserved, broadcast.
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
];
const FORBIDDEN_V6: readonly (readonly [string, number])[] = [
  ['::', 128],
  ['fe80::', 10],
  ['ff00::', 8],
  // Metadata: AWS, Google.
  ['fd00:ec2::254', 128],
  ['fd20:ce::254', 128],
];

const listOf = (subnets: readonly (readonly [string, number])[], family: 'ipv4' | 'ipv6'): BlockList => {
  const list = new BlockList();
  for (const [address, prefix] of subnets) list.addSubnet(address, prefix, family);
  return list;
};
const forbiddenV4 = listOf(FORBIDDEN_V4, 'ipv4');
const forbiddenV6 = listOf(FORBIDDEN_V6, 'ipv6');
const loopbackV4 = listOf([['127.0.0.0', 8]], 'ipv4');

/** @param address an IP address, as a resolver answers it or as a URL's host holds it (brackets and zone allowed). */
export function judgeAddress(address: string): AddressKind {
  const [bare = ''] = address.replace(/^\[|\]$/g, '').split('%', 1);
  if (isIPv4(bare)) return judgeV4(bare);
  if (isIP(bare) === 0) return 'forbidden';
  const groups = readGroups(bare);
  // The loopback address comes before what ::/96 embeds.
  if (groups.slice(0, 7).every((group) => group === 0) && groups[7] === 1) return 'loopback';
  if (forbiddenV6.check(bare, 'ipv6')) return 'forbidden';
  const embedded = findEmbedded(groups);
  return embedded === undefined ? 'ordinary' : judgeV4(embedded);
}

/** Names that mean the machine itself, whatever a resolver says (RFC 6761 section 6.3), and its addresses. */
export function isLoopbackName(host: string): boolean {
  const bare = host.replace(/^\[|\]$/g, '').toLowerCase();
  if (isIP(bare) !== 0) return judgeAddress(bare) === 'loopback';
  return /^(?:[^.]+\.)*localhost\.?$/.test(bare);
}

function judgeV4(address: string): AddressKind {
  if (forbiddenV4.check(address, 'ipv4')) return 'forbidden';
  return loopbackV4.check(address, 'ipv4') ? 'loopback' : 'ordinary';
}

function readGroups(address: string): number[] {
  // The URL parser writes every spelling of an address in one way, a dotted end included.
  const [head = '', tail] = new URL(`https://[${address}]`).hostname.slice(1, -1).split('::');
  const read = (part: string): number[] =>
    part === '' ? [] : part.split(':').map((group) => Number.parseInt(group, 16));
  const before = read(head);
  const after = read(tail ?? '');
  return [...before, ...Array<number>(8 - before.length - after.length).fill(0), ...after];
}

/** An IPv4 address in an IPv6 one: mapped, compatible, NAT64 (RFC 6052), 6to4 (RFC 3056). */
function findEmbedded(groups: readonly number[]): string | undefined {
  const [a, b, c, d, e, f, g, h] = groups as [number, number, number, number, number, number, number, number];
  const dotted = (high: number, low: number): string => [high >> 8, high & 255, low >> 8, low & 255].join('.');
  const noneBefore = (...parts: number[]): boolean => parts.every((part) => part === 0);
  if (noneBefore(a, b, c, d, e) && (f === 0xffff || f === 0)) return dotted(g, h);
  if (a === 0x64 && b === 0xff9b && noneBefore(c, d, e, f)) return dotted(g, h);
  return a === 0x2002 ? dotted(b, c) : undefined;
}
