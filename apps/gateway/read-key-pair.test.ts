import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generate } from 'selfsigned';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readKeyPair } from './read-key-pair.ts';

describe('a certificate and its key', () => {
  let folder: string;
  let certPem: string;
  let keyPem: string;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'gatehouse-pair-'));
    const made = await generate([{ name: 'commonName', value: 'one' }], { keyType: 'ec', curve: 'P-256' });
    certPem = made.cert;
    keyPem = made.private;
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  function read(cert: string, key: string): unknown {
    const [certFile, keyFile] = [join(folder, 'tls.crt'), join(folder, 'tls.key')];
    writeFileSync(certFile, cert);
    writeFileSync(keyFile, key);
    return readKeyPair(certFile, keyFile).chain.length;
  }

  test.each<[string, (cert: string, key: string) => [string, string], RegExp]>([
    ['an empty certificate', (_cert, key) => ['', key], /tls\.crt holds no certificate/],
    ['no certificate', (_cert, key) => ['not one', key], /tls\.crt holds no certificate/],
    ['a key where the certificate belongs', (_cert, key) => [key, key], /tls\.crt holds no certificate/],
    ['half of a certificate', (cert, key) => [cert.slice(0, 300), key], /tls\.crt is cut off/],
    ['half of a chain', (cert, key) => [`${cert}\n${cert.slice(0, 300)}`, key], /tls\.crt is cut off/],
    ['a first line of a chain', (cert, key) => [`${cert}\n${cert.slice(0, 15)}`, key], /tls\.crt is cut off/],
    [
      'a damaged certificate',
      (cert, key) => [cert.replace(/\n[A-Za-z0-9+/]{8}/, '\nAAAAAAAA'), key],
      /certificate 1 in .*tls\.crt/,
    ],
    ['an empty key', (cert) => [cert, ''], /tls\.key holds no private key/],
    ['half of a key', (cert, key) => [cert, key.slice(0, 100)], /tls\.key holds no private key/],
  ])('are refused with %s, and the file is named', (_what, spoil, message) => {
    expect(() => read(...spoil(certPem, keyPem))).toThrow(message);
  });

  test('are refused where the key is that of another certificate', async () => {
    const other = await generate([{ name: 'commonName', value: 'two' }], { keyType: 'ec', curve: 'P-256' });
    expect(() => read(certPem, other.private)).toThrow(/tls\.key is not that of the certificate in .*tls\.crt/);
  });

  test('are read with their chain, also where other PEM blocks lie beside them', () => {
    expect(read(`a comment\n${certPem}\n${certPem}`, keyPem)).toBe(2);
    expect(read(`${certPem}\n${keyPem}`, keyPem)).toBe(1);
  });
});
