import { generate } from 'selfsigned';

let made: Promise<{ cert: string; key: string }> | undefined;

/** A certificate of 127.0.0.1 that is its own authority, one for all tests of a file. */
export function makeCertificate(): Promise<{ cert: string; key: string }> {
  made ??= generate([{ name: 'commonName', value: '127.0.0.1' }], {
    keyType: 'ec',
    curve: 'P-256',
    extensions: [{ name: 'subjectAltName', altNames: [{ type: 7, ip: '127.0.0.1' }] }],
  }).then(({ cert, private: key }) => ({ cert, key }));
  return made;
}
