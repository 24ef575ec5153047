import { isIP } from 'node:net';
import { z } from 'zod';
import { checked, evenWithFaults } from './fields.ts';

const RFC3339 = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:Z|[+-]\d{2}:\d{2})$/;
const dateTime = z.iso.datetime({ offset: true });

const moment = checked((value) =>
  RFC3339.test(value) && dateTime.safeParse(value).success
    ? undefined
    : 'must be a time as in RFC 3339, like 2026-01-31T12:00:00Z',
);

/** RFC 6749 appendix A: they are joined by blanks and quoted in a challenge. */
const acrValue = checked((value) =>
  /^[\x21\x23-\x5b\x5d-\x7e]{1,256}$/.test(value)
    ? undefined
    : 'must be a value of acr as the issuer writes it: ASCII without blanks, quotes and backslashes',
);

const addressRange = checked((value) => {
  const [address = '', prefix, ...more] = value.split('/');
  const bits = { 0: 0, 4: 32, 6: 128 }[isIP(address)] as number;
  if (bits === 0 || address.includes('%') || more.length > 0)
    return 'must be an address or a range of them, like 203.0.113.7, 10.0.0.0/8 or 2001:db8::/32';
  if (/^::ffff:/i.test(address)) return 'must be written as IPv4: that is how such clients are seen';
  if (prefix === undefined) return undefined;
  if (!/^\d{1,3}$/.test(prefix) || Number(prefix) > bits) return `must have a prefix of 0 to ${bits} bits`;
  return hasHostBits(address, Number(prefix), bits)
    ? `has bits set behind its prefix of ${prefix}; write the first address of the range, or leave the prefix out`
    : undefined;
});

function hasHostBits(address: string, prefix: number, bits: number): boolean {
  const number = bits === 32 ? ipv4Number(address) : ipv6Number(address);
  return (number & ((1n << BigInt(bits - prefix)) - 1n)) !== 0n;
}

const ipv4Number = (address: string): bigint =>
  address.split('.').reduce((number, part) => number * 256n + BigInt(part), 0n);

function ipv6Number(address: string): bigint {
  const dotted = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(address);
  const last = dotted ? ipv4Number(dotted[2] as string) : 0n;
  const text = dotted ? `${dotted[1]}${(last >> 16n).toString(16)}:${(last & 0xffffn).toString(16)}` : address;
  const [head = '', tail] = text.split('::');
  const groups = (part: string | undefined): string[] => (part ? part.split(':') : []);
  const [front, back] = [groups(head), groups(tail)];
  const zeros = Array.from({ length: 8 - front.length - back.length }, () => '0');
  return [...front, ...zeros, ...back].reduce((number, group) => number * 65536n + BigInt(`0x${group}`), 0n);
}

const MAX_AGE_SECONDS = 366 * 24 * 60 * 60;

/** What must hold beside the words of a rule. A rule counts only while all of it does. */
export const conditionsSchema = z
  .strictObject({
    sourceAddresses: z.array(addressRange).min(1).optional(),
    notBefore: moment.optional(),
    notAfter: moment.optional(),
    maxAuthenticationAgeSeconds: z.int().min(1).max(MAX_AGE_SECONDS).optional(),
    acrValues: z.array(acrValue).min(1).optional(),
  })
  .superRefine((conditions, context) => {
    const add = (message: string, path: string[] = []): void => context.addIssue({ code: 'custom', path, message });
    if (Object.keys(conditions).length === 0) add('must hold a condition; leave it out for none');
    const [from, to] = [Date.parse(conditions.notBefore ?? ''), Date.parse(conditions.notAfter ?? '')];
    if (from >= to) add('must be later than notBefore', ['notAfter']);
  }, evenWithFaults);
