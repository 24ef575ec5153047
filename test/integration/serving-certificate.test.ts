/** Files of the serving certificate that cannot serve, while a real gateway runs and before it does. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { generate } from 'selfsigned';
import { startGateway, type RunningGateway } from '../demo/start-gateway.ts';
import { findFreePort } from '../support/find-free-port.ts';

interface Pair {
  readonly cert: string;
  readonly key: string;
}

let folder: string;
let certFile: string;
let keyFile: string;
let environment: Record<string, string>;
let port: number;

async function makePair(name: string, daysFromNow: number = 1): Promise<Pair> {
  const at = (days: number): Date => new Date(Date.now() + days * 86_400_000);
  const made = await generate([{ name: 'commonName', value: name }], {
    keyType: 'ec',
    curve: 'P-256',
    notBeforeDate: at(-2),
    notAfterDate: at(daysFromNow),
  });
  return { cert: made.cert, key: made.private };
}
function place({ cert, key }: Pair): void {
  for (const file of [certFile, keyFile]) rmSync(file, { recursive: true, force: true });
  writeFileSync(certFile, cert);
  writeFileSync(keyFile, key);
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'gatehouse-certificate-'));
  certFile = join(folder, 'tls.crt');
  keyFile = join(folder, 'tls.key');
  port = await findFreePort();
  environment = {
    GATEHOUSE_CONFIG_FILE: '/dev/null',
    GATEHOUSE_LISTEN_PORT: String(port),
    GATEHOUSE_DATA_DIRECTORY: join(folder, 'data'),
    GATEHOUSE_WORKERS: '1',
    GATEHOUSE_METRICS_LISTEN: 'off',
    GATEHOUSE_TLS_CERT_FILE: certFile,
    GATEHOUSE_TLS_KEY_FILE: keyFile,
  };
});
afterAll(() => rmSync(folder, { recursive: true }));

/** The common name of the certificate that a client meets, after a whole handshake. */
const handshake = (): Promise<string> =>
  new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false }, () => {
      resolve(String(socket.getPeerCertificate().subject.CN));
      socket.destroy();
    });
    socket.on('error', reject);
  });

const start = (): Promise<RunningGateway> => startGateway(environment, join(folder, 'gateway.log'));

test('a gateway does not start with them, and names the file', async () => {
  const { key } = await makePair('one');
  place({ cert: '', key });
  await expect(start()).rejects.toThrow(/gatehouse cannot start: the certificate file .*tls\.crt holds no certificate/);
  rmSync(certFile);
  mkdirSync(certFile);
  await expect(start()).rejects.toThrow(/gatehouse cannot start: the certificate file .*tls\.crt cannot be read/);
});

test('the last good pair serves on while the files hold none, and the next good one is taken', async () => {
  const [one, two] = [await makePair('one'), await makePair('two')];
  place(one);
  const gateway = await start();
  const lines = (message: string): number => gateway.readLog().split(`"message":"${message}"`).length - 1;
  const seen = async (act: () => void): Promise<void> => {
    const before = lines('serving certificate not reloaded; the last good one stays');
    act();
    await expect
      .poll(() => lines('serving certificate not reloaded; the last good one stays'), { timeout: 10_000 })
      .toBeGreaterThan(before);
    expect(await handshake()).toBe('one');
  };
  await seen(() => writeFileSync(certFile, ''));
  await seen(() => writeFileSync(keyFile, ''));
  await seen(() => place({ cert: 'garbage', key: 'garbage' }));
  await seen(() => place({ cert: two.cert.slice(0, 200), key: two.key }));
  await seen(() => place({ cert: two.cert, key: one.key }));
  await seen(() => {
    rmSync(certFile);
    mkdirSync(certFile);
  });
  await seen(() => {
    rmSync(certFile, { recursive: true });
    symlinkSync(join(folder, 'nothing'), certFile);
  });
  expect(gateway.readLog()).toMatch(/EISDIR/);
  expect(gateway.readLog()).toMatch(/ENOENT/);
  place(two);
  await expect.poll(handshake, { timeout: 10_000 }).toBe('two');
  // Expired, but it can serve; clients decide.
  const old = await makePair('old', -1);
  place(old);
  await expect.poll(handshake, { timeout: 10_000 }).toBe('old');
  expect(gateway.readLog()).toMatch(/"level":"warn","message":"the serving certificate has expired"/);
  await gateway.stop();
  expect(readFileSync(join(folder, 'gateway.log'), 'utf8')).not.toMatch(/BEGIN/);
});
