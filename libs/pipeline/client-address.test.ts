import { describe, expect, it } from 'vitest';
import { parseRequest } from '#kube';
import { compilePolicy, decide, type AccessRuleInput } from '#policy';
import type { Identity } from '#model';
import { createAddressReader, UNKNOWN_ADDRESS } from './client-address.ts';

const PROXY = '10.0.0.1';
const addresses = createAddressReader(['10.0.0.0/8', 'fd00::/8']);
const read = (forwardedFor: string | undefined, peer: string | undefined = PROXY): string =>
  addresses.read(peer, forwardedFor).address;

describe('the client’s address', () => {
  it.each([
    ['unknown'],
    ['_hidden'],
    ['_SEVKISEK'],
    [''],
    [' '],
    ['203.0.113.7,'],
    ['203.0.113.7, '],
    [','],
    ['203.0.113.7, unknown'],
    ['203.0.113.7, unknown, 10.0.0.2'],
    ['203.0.113.7:'],
    ['203.0.113.7:port'],
    ['203.0.113.7:65536'],
    ['203.0.113.7:1:2'],
    ['203.0.113.7:-1'],
    ['203.0.113.7:+1'],
    ['203.0.113.007'],
    ['203.0.113'],
    ['0xcb007107'],
    ['3405803783'],
    ['[203.0.113.7]:443'],
    ['[2001:db8::9'],
    ['2001:db8::9]'],
    ['[2001:db8::9]443'],
    ['[2001:db8::9]:'],
    ['[2001:db8::9]:99999'],
    ['"203.0.113.7"'],
    ['for=203.0.113.7'],
    ['fe80::1%'],
    ['fe80::1%e th0'],
    ['203.0.113.7%eth0'],
    ['2001:db8:::9'],
    ['client.example'],
    ['10.0.0.1.evil.example'],
    ['127.0.0.1\t10.0.0.1'],
  ])('cannot be read from %j, and is never the proxy’s own', (forwardedFor) => {
    expect(read(forwardedFor)).toBe(UNKNOWN_ADDRESS);
  });
  it.each([
    ['203.0.113.7', '203.0.113.7'],
    ['203.0.113.7:51234', '203.0.113.7'],
    ['203.0.113.7:0', '203.0.113.7'],
    [' 203.0.113.7:51234 ', '203.0.113.7'],
    ['[2001:db8::9]:443', '2001:db8::9'],
    ['[2001:db8::9]', '2001:db8::9'],
    ['2001:db8::9', '2001:db8::9'],
    ['2001:DB8:0:0:0:0:0:9', '2001:db8::9'],
    ['[2001:DB8:0::9]:1', '2001:db8::9'],
    ['fe80::1%eth0', 'fe80::1'],
    ['[fe80::1%25]:80', 'fe80::1'],
    ['::ffff:203.0.113.7', '203.0.113.7'],
    ['::FFFF:203.0.113.7', '203.0.113.7'],
    ['::ffff:cb00:7107', '203.0.113.7'],
    ['0:0:0:0:0:ffff:203.0.113.7', '203.0.113.7'],
    ['[::ffff:203.0.113.7]:443', '203.0.113.7'],
    ['198.51.100.1, 203.0.113.7:51234, 10.0.0.2:80', '203.0.113.7'],
    ['unknown, 203.0.113.7:51234', '203.0.113.7'],
    ['203.0.113.7, [fd00::2]:80, ::ffff:10.0.0.3', '203.0.113.7'],
  ])('is read from %j as %s', (forwardedFor, address) => {
    expect(read(forwardedFor)).toBe(address);
  });
  it('is the peer’s where no proxy is trusted, whatever is written', () => {
    expect(read('203.0.113.7:51234', '198.51.100.9')).toBe('198.51.100.9');
    expect(read('unknown', '::ffff:198.51.100.9')).toBe('198.51.100.9');
    expect(createAddressReader([]).read(PROXY, '203.0.113.7').address).toBe(PROXY);
    expect(read(undefined)).toBe(PROXY);
    expect(read('203.0.113.7', 'fe80::1%eth0')).toBe('fe80::1');
    expect(createAddressReader(['10.0.0.0/8']).read(undefined, undefined).address).toBe(UNKNOWN_ADDRESS);
  });
  it('that cannot be read is named for the record, no longer than is of use', () => {
    expect(addresses.read(PROXY, '203.0.113.7, _hidden')).toEqual({
      address: UNKNOWN_ADDRESS,
      unreadableHop: '_hidden',
    });
    expect(addresses.read(PROXY, 'x'.repeat(60_000)).unreadableHop).toHaveLength(64);
    expect(addresses.read(PROXY, '203.0.113.7').unreadableHop).toBeUndefined();
  });

  /** Whether a rule of that effect decides about a request from there. */
  const holds = (effect: 'Allow' | 'Deny', sourceAddresses: string[], forwardedFor: string): boolean => {
    const rule = (name: string, more: Partial<AccessRuleInput>): AccessRuleInput => ({
      name,
      subjects: [{ issuer: 'demo' }],
      clusters: ['demo'],
      effect: 'Allow',
      mode: 'Enforce',
      rules: [{ verbs: ['*'], apiGroups: ['*'], resources: ['*'] }],
      ...more,
    });
    const asked = rule('asked', { effect, conditions: { sourceAddresses } });
    const policy = compilePolicy(effect === 'Deny' ? [rule('base', {}), asked] : [asked]);
    const identity = { issuer: 'demo', username: 'bob', groups: [], credential: { kind: 'bearer' } };
    const parsed = parseRequest('GET', '/api/v1/pods');
    if (!parsed.ok) throw new Error(parsed.message);
    const context = { upgrade: false, sourceAddress: read(forwardedFor), nowMs: 0 };
    return decide(policy, identity as unknown as Identity, 'demo', parsed.request, context).rule === 'asked';
  };
  it('that cannot be read meets no Allow by address and every Deny', () => {
    for (const hop of ['unknown', '_hidden', '', '203.0.113.7:99999', '[203.0.113.7]:1'])
      for (const ranges of [['10.0.0.0/8'], ['0.0.0.0/0', '::/0'], ['127.0.0.0/8']])
        expect([hop, holds('Allow', ranges, hop), holds('Deny', ranges, hop)]).toEqual([hop, false, true]);
  });
  it('with a port opens no Allow for the proxy’s own network, and meets the Allow and the Deny of its own', () => {
    expect(holds('Allow', ['10.0.0.0/8'], '203.0.113.7:51234')).toBe(false);
    expect(holds('Allow', ['203.0.113.0/24'], '203.0.113.7:51234')).toBe(true);
    expect(holds('Deny', ['203.0.113.0/24'], '203.0.113.7:51234')).toBe(true);
    expect(holds('Deny', ['2001:db8::/32'], '[2001:db8::9]:443')).toBe(true);
    expect(holds('Deny', ['198.51.100.0/24'], '203.0.113.7:51234')).toBe(false);
    expect(holds('Deny', ['203.0.113.0/24'], '::ffff:cb00:7107')).toBe(true);
  });
});
