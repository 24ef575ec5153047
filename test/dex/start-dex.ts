import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Agent, fetch } from 'undici';
import { stringify } from 'yaml';
import type { Log } from '../cluster/build-go-programs.ts';
import { issueServerCertificate, type KeyedCertificate } from '../cluster/issue-certificates.ts';
import { findFreePort } from '../support/find-free-port.ts';
import { privateFilesIn } from '../support/private-files.ts';
import { buildDex } from './build-dex.ts';

export interface Dex {
  readonly issuerUrl: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly caPem: string;
  /** The ID token that another client, a peer of the gateway's, gets with a password (RFC 6749 section 4.3). */
  passwordGrant(person: string, scope: string): Promise<string>;
  /** Starts it anew: with its memory it loses its keys and every refresh token. */
  restart(): Promise<void>;
  /** While nobody is at its address. */
  stop(): Promise<void>;
}

export interface DexOptions {
  readonly gatewayUrl: string;
  /** By name; their addresses are `<name>@example.com`. */
  readonly people: Readonly<Record<string, { readonly groups: readonly string[]; readonly emailVerified?: boolean }>>;
  /** Signs Dex's certificate. */
  readonly authority: KeyedCertificate;
  readonly directory: string;
  readonly log: Log;
}

/** Of everybody: Dex wants a bcrypt hash, which nothing here makes. It listens on loopback, for the time of a test. */
export const DEX_PASSWORD = 'password';
const BCRYPT_OF_PASSWORD = '$2a$10$2b2cU8CPhOTaGrs1HRQuAueS7JTT5ZHsHSzYiFPm1leZck7Mc8T4W';
const PEER = 'other';
const READY_WITHIN_MS = 30_000;

/** A real Dex on a free port of localhost, below a path, with everything in memory. @throws Error with the end of its log. */
export async function startDex(options: DexOptions): Promise<Dex> {
  const { authority, directory, log } = options;
  const program = await buildDex(log);
  mkdirSync(directory, { recursive: true });
  const certificate = await issueServerCertificate(authority, ['localhost'], ['127.0.0.1']);
  const file = privateFilesIn(directory);
  const port = await findFreePort();
  const issuerUrl = `https://localhost:${port}/dex`;
  const client = { clientId: 'gatehouse', clientSecret: randomBytes(24).toString('base64url') };
  const configuration = file(
    'dex.yaml',
    stringify({
      issuer: issuerUrl,
      storage: { type: 'memory' },
      web: {
        https: `127.0.0.1:${port}`,
        tlsCert: file('dex.crt', certificate.certPem),
        tlsKey: file('dex.key', certificate.keyPem),
      },
      staticClients: [
        {
          id: client.clientId,
          secret: client.clientSecret,
          name: 'Gatehouse',
          redirectURIs: [`${options.gatewayUrl}/-/auth/callback`],
          trustedPeers: [PEER],
        },
        { id: PEER, secret: client.clientSecret, name: 'Another program', redirectURIs: ['https://localhost/'] },
      ],
      // Two ways in, so that Dex shows its list of them, as most installations do.
      connectors: [{ type: 'mockCallback', id: 'mock', name: 'Mock' }],
      enablePasswordDB: true,
      oauth2: { passwordConnector: 'local' },
      staticPasswords: Object.entries(options.people).map(([username, { groups, emailVerified = true }]) => ({
        email: `${username}@example.com`,
        username,
        userID: `id-of-${username}`,
        hash: BCRYPT_OF_PASSWORD,
        emailVerified,
        groups,
      })),
    }),
  );
  const agent = new Agent({ connect: { ca: authority.certPem } });
  const logFile = join(directory, 'dex.log');
  let child: ChildProcess | undefined;
  const stop = async (): Promise<void> => {
    const running = child;
    child = undefined;
    if (!running || running.exitCode !== null) return;
    const exited = new Promise((resolve) => running.once('exit', resolve));
    running.kill('SIGTERM');
    const late = setTimeout(() => running.kill('SIGKILL'), 5_000);
    await exited;
    clearTimeout(late);
  };
  const start = async (): Promise<void> => {
    const output = openSync(logFile, 'a');
    const started = spawn(program, ['serve', configuration], { stdio: ['ignore', output, output] });
    child = started;
    const deadline = Date.now() + READY_WITHIN_MS;
    for (;;) {
      const isReady = await fetch(`${issuerUrl}/healthz`, { dispatcher: agent }).then(
        (answer) => answer.ok,
        () => false,
      );
      if (isReady) return;
      if (started.exitCode !== null || Date.now() > deadline) {
        await stop();
        throw new Error(`Dex is not ready\n${readFileSync(logFile, 'utf8').slice(-4000)}`);
      }
      await sleep(50);
    }
  };
  await start();
  return {
    issuerUrl,
    ...client,
    caPem: authority.certPem,
    async passwordGrant(person, scope) {
      const answer = await fetch(`${issuerUrl}/token`, {
        method: 'POST',
        body: new URLSearchParams({
          grant_type: 'password',
          client_id: PEER,
          client_secret: client.clientSecret,
          scope,
          username: `${person}@example.com`,
          password: DEX_PASSWORD,
        }),
        dispatcher: agent,
      });
      if (!answer.ok) throw new Error(`Dex gave no token: ${await answer.text()}`);
      return ((await answer.json()) as { id_token: string }).id_token;
    },
    async restart() {
      await stop();
      await start();
    },
    async stop() {
      await stop();
      await agent.close();
    },
  };
}
