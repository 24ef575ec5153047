import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import type { GatewayView, WorldView } from './world.ts';

/** Shorter ones would be found by chance. */
const MIN_LENGTH = 20;
const fileOf = (directory: string): string => join(directory, 'used-secrets.txt');

/** Notes a secret that a test uses, for the search at the end. Of a JWT the signature: the rest is no secret. */
export function noteSecret(directory: string, secret: string | undefined): void {
  const part = secret?.split('.').at(-1) ?? '';
  if (part.length >= MIN_LENGTH && !/\s/.test(part)) appendFileSync(fileOf(directory), `${part}\n`);
}

/** What an answer gives away: sessions, and tokens that are shown once. */
export function noteAnswer(directory: string, setCookies: readonly string[], body: string): void {
  for (const cookie of setCookies) {
    const [, value] = /^__Host-gatehouse-session=([^;]+)/.exec(cookie) ?? [];
    noteSecret(directory, value);
  }
  for (const [token] of body.matchAll(/gth_[A-Za-z0-9_]{20,}/g)) noteSecret(directory, token);
}

/** What was noted, and what the world itself has, each with the place that it comes from. */
export function usedSecrets(world: WorldView): Map<string, string> {
  const found = new Map<string, string>();
  const add = (secret: string | undefined, where: string): void => {
    const part = secret?.split('.').at(-1) ?? '';
    if (part.length >= MIN_LENGTH) found.set(part, where);
  };
  const noted = fileOf(world.directory);
  if (existsSync(noted)) for (const line of readFileSync(noted, 'utf8').split('\n')) add(line, 'sent or answered');
  add(world.identityProvider.clientSecret, 'client secret');
  for (const gateway of world.gateways) {
    add(gateway.daveUpstreamToken, 'stored token');
    for (const [name, { idToken, password }] of Object.entries(gateway.people)) {
      add(idToken, `ID token of ${name}`);
      add(password, `password of ${name}`);
    }
    for (const [where, secret] of keysOf(gateway)) add(secret, where);
  }
  return found;
}

function keysOf({ directory, environment }: GatewayView): [string, string | undefined][] {
  const keyFile = join(directory, 'data', 'encryption.key');
  const clusters = parseAllDocuments(readFileSync(join(directory, 'manifests', 'connections.yaml'), 'utf8'))
    .map((document) => document.toJS() as { spec: { credential?: { clientKeyData?: string } } })
    .map(({ spec }) => spec.credential?.clientKeyData)
    .filter((data) => data !== undefined);
  return [
    ['encryption key', environment.GATEHOUSE_ENCRYPTION_KEY],
    ['encryption key', existsSync(keyFile) ? readFileSync(keyFile, 'utf8').trim() : undefined],
    ...clusters.map((data): [string, string | undefined] => ['private key of a client certificate', middleOf(data)]),
  ];
}

/** A line of a PEM that is in no other. */
const middleOf = (data: string): string | undefined =>
  Buffer.from(data, 'base64').toString('utf8').split('\n').slice(1, -2)[0];
