import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterAll, describe, expect, test } from 'vitest';
import { CONFIG_KEYS, loadConfig, type Config } from '#config';

const folder = mkdtempSync(join(tmpdir(), 'gatehouse-config-'));
afterAll(() => rmSync(folder, { recursive: true }));

const KEY = Buffer.from('0123456789abcdef0123456789abcdef').toString('base64');
let files = 0;
function fileWith(text: string): string {
  const file = join(folder, `${++files}.yaml`);
  writeFileSync(file, text);
  return file;
}
const load = (env: Record<string, string>, text?: string) =>
  loadConfig({ env, workingDirectory: folder, ...(text === undefined ? {} : { file: fileWith(text) }) });
function problems(env: Record<string, string>, text?: string): string[] {
  const loaded = load(env, text);
  return loaded.ok ? [] : loaded.problems.map(({ path, message }) => `${path}: ${message}`);
}
const paths = (env: Record<string, string>, text?: string): string[] =>
  problems(env, text).map((line) => line.split(': ')[0] as string);
function valid(env: Record<string, string>, text?: string): Config {
  const loaded = load(env, text);
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  return loaded.config;
}

describe('what is refused', () => {
  test.each([
    [
      'an unknown variable',
      { GATEHOUSE_LISTEN_PROT: '1' },
      'GATEHOUSE_LISTEN_PROT: is unknown; did you mean GATEHOUSE_LISTEN_PORT?',
    ],
    [
      'a variable that resembles nothing',
      { GATEHOUSE_FOO: '1' },
      'GATEHOUSE_FOO: is unknown; docs/configuration.md lists the variables',
    ],
    ['a port that is no number', { GATEHOUSE_LISTEN_PORT: '84x' }, 'GATEHOUSE_LISTEN_PORT: must be a whole number'],
    ['a port out of range', { GATEHOUSE_LISTEN_PORT: '65536' }, 'GATEHOUSE_LISTEN_PORT: must be at most 65535'],
    ['a switch that is neither', { GATEHOUSE_TLS_DISABLED: 'yes' }, 'GATEHOUSE_TLS_DISABLED: must be true or false'],
    [
      'another log level',
      { GATEHOUSE_LOG_LEVEL: 'loud' },
      'GATEHOUSE_LOG_LEVEL: must be one of debug, info, warn, error',
    ],
  ])('%s', (_what, env, expected) => {
    expect(problems(env)).toEqual([expected]);
  });
  test.each([
    ['an unknown key', 'listen:\n  prot: 1\n', 'listen.prot: is unknown; did you mean "port"?'],
    ['a value of the wrong type', 'trustedProxies: 10.0.0.0/8\n', 'trustedProxies: must be a list'],
    ['a doubled key', 'log:\n  level: info\nlog:\n  level: warn\n', 'a key stands twice'],
    ['a list instead of keys', '- a\n', 'must be a map of keys'],
    ['two documents', 'log: {}\n---\nlog: {}\n', 'must be one document'],
    [
      'the encryption key, which does not belong into a file',
      `encryptionKey: ${KEY}\n`,
      'encryptionKey: must not stand in the file; give it as GATEHOUSE_ENCRYPTION_KEY',
    ],
  ])('a file with %s', (_what, text, expected) => {
    expect(problems({}, text)).toEqual([expect.stringContaining(expected)]);
  });
  test('a file that was named and is not there', () => {
    expect(loadConfig({ env: {}, file: join(folder, 'nowhere.yaml') })).toMatchObject({
      ok: false,
      problems: [{ message: 'cannot be read (ENOENT)' }],
    });
  });
  test.each([
    [
      'plain HTTP on every interface',
      { GATEHOUSE_LISTEN_HOST: '0.0.0.0', GATEHOUSE_TLS_DISABLED: 'true' },
      ['GATEHOUSE_TLS_DISABLED'],
    ],
    [
      'plain HTTP behind a proxy whose own address is http',
      {
        GATEHOUSE_LISTEN_HOST: '0.0.0.0',
        GATEHOUSE_TLS_DISABLED: 'true',
        GATEHOUSE_TRUSTED_PROXIES: '10.0.0.1',
        GATEHOUSE_EXTERNAL_URL: 'http://a.example.com',
      },
      ['GATEHOUSE_TLS_DISABLED', 'GATEHOUSE_EXTERNAL_URL'],
    ],
    [
      'plain HTTP with an https address and no trusted proxy',
      { GATEHOUSE_LISTEN_HOST: '::', GATEHOUSE_TLS_DISABLED: 'true', GATEHOUSE_EXTERNAL_URL: 'https://a.example.com' },
      ['GATEHOUSE_TLS_DISABLED'],
    ],
    ['an http address with TLS', { GATEHOUSE_EXTERNAL_URL: 'http://127.0.0.1:8443' }, ['GATEHOUSE_EXTERNAL_URL']],
    ['an address with a path', { GATEHOUSE_EXTERNAL_URL: 'https://a.example.com/gate' }, ['GATEHOUSE_EXTERNAL_URL']],
    ['an address with a password', { GATEHOUSE_EXTERNAL_URL: 'https://a:b@a.example.com' }, ['GATEHOUSE_EXTERNAL_URL']],
    ['a certificate without its key', { GATEHOUSE_TLS_CERT_FILE: '/dev/null' }, ['tls.keyFile']],
    [
      'a certificate that is not there',
      { GATEHOUSE_TLS_CERT_FILE: '/nowhere/a', GATEHOUSE_TLS_KEY_FILE: '/nowhere/b' },
      ['GATEHOUSE_TLS_CERT_FILE', 'GATEHOUSE_TLS_KEY_FILE'],
    ],
    ['PostgreSQL without an encryption key', { GATEHOUSE_DATABASE_URL: 'postgres://db/x' }, ['encryptionKeyFile']],
    [
      'another database',
      { GATEHOUSE_DATABASE_URL: 'mysql://db/x', GATEHOUSE_ENCRYPTION_KEY: KEY },
      ['GATEHOUSE_DATABASE_URL'],
    ],
    ['a short encryption key', { GATEHOUSE_ENCRYPTION_KEY: 'c2hvcnQ=' }, ['GATEHOUSE_ENCRYPTION_KEY']],
    [
      'two encryption keys',
      { GATEHOUSE_ENCRYPTION_KEY: KEY, GATEHOUSE_ENCRYPTION_KEY_FILE: 'k' },
      ['GATEHOUSE_ENCRYPTION_KEY'],
    ],
    ['a proxy range of everybody', { GATEHOUSE_TRUSTED_PROXIES: '0.0.0.0/0' }, ['GATEHOUSE_TRUSTED_PROXIES']],
    [
      'an allowed host with a scheme',
      { GATEHOUSE_ALLOWED_HOSTS: 'https://a.example.com' },
      ['GATEHOUSE_ALLOWED_HOSTS'],
    ],
    [
      'an idle time-out beyond the absolute one',
      { GATEHOUSE_SESSION_IDLE_TIMEOUT_SECONDS: '7200', GATEHOUSE_SESSION_ABSOLUTE_TIMEOUT_SECONDS: '3600' },
      ['GATEHOUSE_SESSION_IDLE_TIMEOUT_SECONDS'],
    ],
  ])('%s', (_what, env, expected) => {
    expect(paths(env as Record<string, string>)).toEqual(expected);
  });
  test('all problems are reported at once: file, environment, single keys and those between keys', () => {
    const found = paths(
      { GATEHOUSE_LISTEN_PORT: 'x', GATEHOUSE_FOO: '1', GATEHOUSE_DATABASE_URL: 'postgres://db/x' },
      'listen:\n  host: 0.0.0.0\ntls:\n  disabled: true\nlog:\n  level: loud\n',
    );
    expect(new Set(found)).toEqual(
      new Set(['GATEHOUSE_LISTEN_PORT', 'GATEHOUSE_FOO', 'log.level', 'tls.disabled', 'encryptionKeyFile']),
    );
  });
  test('no problem repeats a secret', () => {
    expect(
      problems({ GATEHOUSE_ENCRYPTION_KEY: 'sw0rdfish', GATEHOUSE_DATABASE_URL: 'mysql://a:sw0rdfish@db' }).join(),
    ).not.toContain('sw0rdfish');
  });
});

describe('what is accepted', () => {
  test('nothing at all: loopback, TLS, SQLite', () => {
    expect(valid({})).not.toHaveProperty('databaseUrl');
    expect(valid({})).toMatchObject({
      listen: { host: '127.0.0.1', port: 8443 },
      externalUrl: 'https://127.0.0.1:8443',
      tls: { disabled: false },
      dataDirectory: join(folder, 'data'),
      session: { idleTimeoutSeconds: 3600, absoluteTimeoutSeconds: 43_200 },
      timeouts: { shortRequestSeconds: 60, headersSeconds: 30, connectSeconds: 10, shutdownGraceSeconds: 10 },
    });
  });
  test('a variable wins over the file, and lists are separated by commas', () => {
    const config = valid(
      { GATEHOUSE_LISTEN_PORT: '9443', GATEHOUSE_ALLOWED_HOSTS: 'a.example.com, b.example.com:444' },
      'listen:\n  port: 1\n  host: 10.0.0.1\nallowedHosts: [c]\n',
    );
    expect(config).toMatchObject({
      listen: { host: '10.0.0.1', port: 9443 },
      externalUrl: 'https://10.0.0.1:9443',
      allowedHosts: ['a.example.com', 'b.example.com:444'],
    });
  });
  test('gatehouse.yaml of the working directory is read unasked', () => {
    const directory = mkdtempSync(join(folder, 'here-'));
    writeFileSync(join(directory, 'gatehouse.yaml'), 'log:\n  level: warn\n');
    expect(loadConfig({ env: {}, workingDirectory: directory })).toMatchObject({
      ok: true,
      config: { log: { level: 'warn' } },
      file: join(directory, 'gatehouse.yaml'),
    });
  });
  test('plain HTTP on loopback, and behind trusted proxies with an https address', () => {
    expect(valid({ GATEHOUSE_TLS_DISABLED: 'true' }).externalUrl).toBe('http://127.0.0.1:8443');
    expect(
      valid({
        GATEHOUSE_TLS_DISABLED: 'true',
        GATEHOUSE_LISTEN_HOST: '0.0.0.0',
        GATEHOUSE_TRUSTED_PROXIES: '10.0.0.0/8,fd00::/8',
        GATEHOUSE_EXTERNAL_URL: 'https://a.example.com/',
      }).externalUrl,
    ).toBe('https://a.example.com');
  });
  test('relative paths belong to the folder of the file, those of variables to the working directory', () => {
    const directory = mkdtempSync(join(folder, 'there-'));
    const file = join(directory, 'g.yaml');
    writeFileSync(file, 'encryptionKeyFile: k\n');
    const read = (env: Record<string, string>) => loadConfig({ env, file, workingDirectory: folder });
    expect(read({})).toMatchObject({
      config: { dataDirectory: join(directory, 'data'), encryptionKeyFile: join(directory, 'k') },
    });
    expect(read({ GATEHOUSE_DATA_DIRECTORY: 'd' })).toMatchObject({ config: { dataDirectory: join(folder, 'd') } });
  });
  test('the variables that Kubernetes makes for services named gatehouse, and empty ones, are ignored', () => {
    valid({
      GATEHOUSE_SERVICE_HOST: '10.0.0.1',
      GATEHOUSE_SERVICE_PORT: '443',
      GATEHOUSE_SERVICE_PORT_HTTPS: '443',
      GATEHOUSE_PORT: 'tcp://10.0.0.1:443',
      GATEHOUSE_PORT_443_TCP: 'tcp://10.0.0.1:443',
      GATEHOUSE_PORT_443_TCP_PROTO: 'tcp',
      GATEHOUSE_DB_SERVICE_HOST: '10.0.0.2',
      GATEHOUSE_DB_PORT: 'tcp://10.0.0.2:5432',
      GATEHOUSE_DATABASE_URL: '',
      GATEHOUSE_CONFIG_FILE: 'x',
    });
    expect(paths({ GATEHOUSE_PORT: '8443' })).toEqual(['GATEHOUSE_PORT']);
  });
});

describe('rules of the audit log', () => {
  test.each([
    ['no JSON', { GATEHOUSE_AUDIT_RECORD_FIRST: 'pods' }, undefined],
    ['a verb that does not exist', { GATEHOUSE_AUDIT_RECORD_FIRST: '[{"verbs":["gett"]}]' }, undefined],
    ['a rule without resources', {}, 'audit: { recordFirst: [{ verbs: [get] }] }'],
    ['a key that no rule has', {}, 'audit: { recordFirst: [{ verbs: [get], apiGroups: [""], resource: [pods] }] }'],
    [
      'a readiness that a single probe would take away',
      { GATEHOUSE_AUDIT_READINESS_FAIL_AFTER_SECONDS: '1' },
      undefined,
    ],
  ])('are refused with %s', (_what, env, text) => {
    expect(load(env as Record<string, string>, text).ok).toBe(false);
  });

  test('are read from the file, and as JSON from the environment', () => {
    const rule = { verbs: ['get'], apiGroups: [''], resources: ['configmaps'] };
    expect(
      valid({}, 'audit: { recordFirst: [{ verbs: [get], apiGroups: [""], resources: [configmaps] }] }').audit,
    ).toMatchObject({ recordFirst: [rule] });
    expect(valid({ GATEHOUSE_AUDIT_RECORD_FIRST: JSON.stringify([rule]) }).audit.recordFirst).toEqual([rule]);
    expect(valid({ GATEHOUSE_AUDIT_RECORD_FIRST_EXCEPT: '[]' }).audit.recordFirstExcept).toEqual([]);
    expect(valid({}).audit.recordFirst).toHaveLength(3);
  });
});

test('secrets do not print, in whatever way, and the configuration cannot be changed', () => {
  const config = valid({ GATEHOUSE_ENCRYPTION_KEY: KEY, GATEHOUSE_DATABASE_URL: 'postgres://a:sw0rdfish@db/x' });
  expect(config.databaseUrl).toContain('sw0rdfish');
  for (const printed of [
    JSON.stringify(config),
    inspect(config),
    JSON.stringify({ config }),
    inspect({ deep: { config } }, { depth: 9 }),
  ]) {
    expect(printed).not.toContain('sw0rdfish');
    expect(printed).not.toContain(KEY);
    expect(printed).toContain('[redacted]');
  }
  expect(() => {
    (config as { databaseUrl?: string }).databaseUrl = 'x';
  }).toThrow(TypeError);
  expect(() => {
    (config.listen as { port: number }).port = 1;
  }).toThrow(TypeError);
});

test('every number says its unit in its name, and every key has a meaning and a default', () => {
  const numbers = CONFIG_KEYS.filter(({ type }) => type === 'whole number').map(({ key }) => key);
  expect(
    numbers.filter(
      (key) =>
        !/(?:Seconds|Milliseconds|Records|Bytes|Streams|InFlight|Requests|Connections|DeviceLogins|PerMinute|Burst|port|workers)(?:Per[A-Z]\w+)?$/.test(
          key,
        ),
    ),
  ).toEqual([]);
  expect(CONFIG_KEYS.filter(({ description }) => description.length < 10).map(({ key }) => key)).toEqual([]);
  expect(
    CONFIG_KEYS.filter(({ defaultValue, defaultText }) => defaultValue === undefined && defaultText === undefined).map(
      ({ key }) => key,
    ),
  ).toEqual([]);
});
