import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { createWriteStream, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Agent, fetch } from 'undici';
import type { Log } from '../cluster/build-go-programs.ts';
import { issueServerCertificate, type KeyedCertificate } from '../cluster/issue-certificates.ts';
import { findFreePort } from '../support/find-free-port.ts';
import { privateFilesIn } from '../support/private-files.ts';
import { installKeycloak, KEYCLOAK_VERSION } from './install-keycloak.ts';
import { CLIENT_ID, REALM, realmOf, type RealmOptions } from './realm.ts';

export interface Keycloak {
  readonly issuerUrl: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** Takes a person out of a group, as an admin of the realm. */
  leaveGroup(person: string, group: string): Promise<void>;
  /** Ends all sessions of a person, as an admin of the realm. */
  logOut(person: string): Promise<void>;
  stop(): Promise<void>;
}

export interface KeycloakOptions extends Pick<RealmOptions, 'gatewayUrl' | 'people'> {
  /** Signs Keycloak's certificate; Keycloak trusts it, so that it can call the gateway. */
  readonly authority: KeyedCertificate;
  readonly directory: string;
  readonly log: Log;
}

const READY_WITHIN_MS = 180_000;
const STOP_WITHIN_MS = 10_000;
const SETPRIV = '/usr/bin/setpriv';

/** A real Keycloak on a free port of localhost with a realm of its own, in memory. @throws Error with the end of its log. */
export async function startKeycloak(options: KeycloakOptions): Promise<Keycloak> {
  const { authority, directory, log } = options;
  const home = await installKeycloak(log);
  mkdirSync(directory, { recursive: true });
  const certificate = await issueServerCertificate(authority, ['localhost'], ['127.0.0.1']);
  const file = privateFilesIn(directory);
  const port = await findFreePort();
  const url = `https://localhost:${port}`;
  const admin = { username: 'admin', password: randomBytes(18).toString('base64url') };
  const startedAt = Date.now();
  const args = [
    'start',
    '--optimized',
    `--hostname=${url}`,
    '--http-host=127.0.0.1',
    `--https-port=${port}`,
    '--cache=local',
    `--https-certificate-file=${file('keycloak.crt', certificate.certPem)}`,
    `--https-certificate-key-file=${file('keycloak.key', certificate.keyPem)}`,
    `--truststore-paths=${file('authority.pem', authority.certPem)}`,
  ];
  const kc = join(home, 'bin/kc.sh');
  // kc.sh hands SIGTERM on to Java; the kernel sends it when this process dies.
  const wrapped = existsSync(SETPRIV);
  const child = spawn(wrapped ? SETPRIV : kc, wrapped ? ['--pdeathsig', 'TERM', '--', kc, ...args] : args, {
    env: {
      PATH: process.env.PATH ?? '',
      HOME: directory,
      ...(process.env.JAVA_HOME ? { JAVA_HOME: process.env.JAVA_HOME } : {}),
      JAVA_OPTS_KC_HEAP: '-Xms64m -Xmx384m -XX:TieredStopAtLevel=1',
      KC_BOOTSTRAP_ADMIN_USERNAME: admin.username,
      KC_BOOTSTRAP_ADMIN_PASSWORD: admin.password,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const logFile = join(directory, 'keycloak.log');
  const output = createWriteStream(logFile);
  child.stdout.pipe(output);
  child.stderr.pipe(output);
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const stop = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGTERM');
    const late = sleep(STOP_WITHIN_MS).then(() => child.kill('SIGKILL'));
    await Promise.race([exited, late]);
    await exited;
  };
  const agent = new Agent({ connect: { ca: authority.certPem } });
  const call = async (path: string, init: Record<string, unknown> = {}): Promise<unknown> => {
    const answer = await fetch(url + path, { ...init, dispatcher: agent } as never);
    const text = await answer.text();
    if (!answer.ok) throw new Error(`Keycloak answered ${path} with ${answer.status}: ${text.slice(0, 500)}`);
    return text === '' ? undefined : JSON.parse(text);
  };
  try {
    for (;;) {
      if (child.exitCode !== null) throw new Error('Keycloak has ended');
      if (Date.now() - startedAt > READY_WITHIN_MS) throw new Error('Keycloak is not ready');
      const isReady = await call('/realms/master').then(
        () => true,
        () => false,
      );
      if (isReady) break;
      await sleep(200);
    }
    log(`Keycloak ${KEYCLOAK_VERSION} ready at ${url} after ${((Date.now() - startedAt) / 1000).toFixed(1)} s`);
    const clientSecret = randomBytes(24).toString('base64url');
    const asAdmin = createAdmin(call, admin);
    await asAdmin('POST', '', realmOf({ ...options, clientSecret }));
    const find = async (path: string): Promise<string> => {
      const [found] = (await asAdmin('GET', path)) as { id: string }[];
      if (!found) throw new Error(`Keycloak has nothing at ${path}`);
      return found.id;
    };
    const userId = (person: string) => find(`/${REALM}/users?exact=true&username=${person}`);
    return {
      issuerUrl: `${url}/realms/${REALM}`,
      clientId: CLIENT_ID,
      clientSecret,
      async leaveGroup(person, group) {
        const groupId = await find(`/${REALM}/groups?exact=true&search=${group}`);
        await asAdmin('DELETE', `/${REALM}/users/${await userId(person)}/groups/${groupId}`);
      },
      async logOut(person) {
        await asAdmin('POST', `/${REALM}/users/${await userId(person)}/logout`);
      },
      stop: async () => {
        await stop();
        await agent.close();
      },
    };
  } catch (cause) {
    await stop();
    throw new Error(`${String(cause)}\n${readFileSync(logFile, 'utf8').slice(-4000)}`, { cause });
  }
}

type Call = (path: string, init?: Record<string, unknown>) => Promise<unknown>;

/** Calls below `/admin/realms`; a token lives a minute, so each call has one of its own. */
function createAdmin(call: Call, admin: { readonly username: string; readonly password: string }) {
  return async (method: string, path: string, body?: object): Promise<unknown> => {
    const form = new URLSearchParams({ grant_type: 'password', client_id: 'admin-cli', ...admin });
    const token = (await call('/realms/master/protocol/openid-connect/token', { method: 'POST', body: form })) as {
      access_token: string;
    };
    return await call(`/admin/realms${path}`, {
      method,
      headers: { authorization: `Bearer ${token.access_token}`, 'content-type': 'application/json' },
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
  };
}
