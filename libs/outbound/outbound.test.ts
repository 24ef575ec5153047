import type { lookup as lookupName, LookupAddress } from 'node:dns';
import { describe, expect, test } from 'vitest';
import { guardConnect, isLoopbackName, judgeAddress } from '#outbound';

describe('an address is forbidden', () => {
  test.each([
    '169.254.169.254',
    '169.254.0.1',
    '0.0.0.0',
    '0.1.2.3',
    '100.100.100.200',
    '168.63.129.16',
    '192.0.0.192',
    '224.0.0.1',
    '255.255.255.255',
    '::',
    'fe80::1',
    'fe80::1%eth0',
    '[fe80::1]',
    'febf::1',
    'ff02::1',
    'fd00:ec2::254',
    'FD00:0EC2:0:0:0:0:0:0254',
    'fd20:ce::254',
    '::ffff:169.254.169.254',
    '::ffff:a9fe:a9fe',
    '0:0:0:0:0:ffff:a9fe:a9fe',
    '::169.254.169.254',
    '64:ff9b::169.254.169.254',
    '64:ff9b::a9fe:a9fe',
    '2002:a9fe:a9fe::1',
    'not an address',
    '',
  ])('%j', (address) => expect(judgeAddress(address)).toBe('forbidden'));
});

test.each(['127.0.0.1', '127.1.2.3', '::1', '[::1]', '0:0:0:0:0:0:0:1', '::ffff:127.0.0.1', '64:ff9b::7f00:1'])(
  '%s is this machine',
  (address) => expect(judgeAddress(address)).toBe('loopback'),
);
test.each([
  '10.1.2.3',
  '192.168.0.1',
  '172.16.0.1',
  '100.64.0.1',
  '8.8.8.8',
  'fd12::1',
  '2001:db8::1',
  '::ffff:10.0.0.1',
])('%s is ordinary', (address) => expect(judgeAddress(address)).toBe('ordinary'));
test('names of this machine are known without asking', () => {
  for (const name of ['localhost', 'LOCALHOST', 'localhost.', 'a.localhost', '127.0.0.1', '[::1]', '::1'])
    expect(isLoopbackName(name), name).toBe(true);
  for (const name of ['localhost.example.com', 'notlocalhost', 'example.com', '10.0.0.1', ''])
    expect(isLoopbackName(name), name).toBe(false);
});

describe('a connection', () => {
  /** Answers these addresses, one list a call. */
  const resolver = (...answers: string[][]): typeof lookupName =>
    ((_host: string, _options: object, tell: (error: null, addresses: LookupAddress[]) => void) =>
      tell(
        null,
        (answers.shift() ?? []).map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
      )) as never;
  const look = (guard: ReturnType<typeof guardConnect>, all = true): Promise<unknown> =>
    new Promise((resolve, reject) =>
      guard.lookup('kube.example', { all }, (error, found) => (error ? reject(error) : resolve(found))),
    );
  test.each([
    ['a metadata address', ['169.254.169.254'], true],
    ['this machine', ['127.0.0.1'], false],
    ['this machine, in another spelling', ['::ffff:127.0.0.1'], false],
    ['a good and a bad one', ['10.0.0.1', 'fe80::1'], true],
  ])('is refused where a name leads to %s', async (_what, addresses, allowLoopback) => {
    await expect(look(guardConnect(allowLoopback, resolver(addresses)))).rejects.toMatchObject({
      code: 'EADDRREFUSED',
      message: expect.stringContaining('kube.example'),
    });
  });
  test('is refused when a name that was good is made to point elsewhere', async () => {
    const guard = guardConnect(false, resolver(['10.0.0.1'], ['127.0.0.1']));
    expect(await look(guard)).toEqual([{ address: '10.0.0.1', family: 4 }]);
    await expect(look(guard)).rejects.toMatchObject({ code: 'EADDRREFUSED' });
  });
  test('is refused to an address that is written as such', () => {
    expect(() => guardConnect(true).checkHost('169.254.169.254')).toThrow('does not connect');
    expect(() => guardConnect(false).checkHost('[::1]')).toThrow('is this machine');
    guardConnect(true).checkHost('[::1]');
    guardConnect(false).checkHost('kube.example');
  });
  test('goes to what is ordinary, and to this machine where that is allowed', async () => {
    expect(await look(guardConnect(false, resolver(['10.0.0.1'])), false)).toBe('10.0.0.1');
    expect(await look(guardConnect(true, resolver(['127.0.0.1'])), false)).toBe('127.0.0.1');
  });
});
