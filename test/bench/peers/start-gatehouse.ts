import { randomUUID } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { CONFIG_KEYS } from '#config';
import { openStore } from '#store';
import { choosePorts } from '../../cluster/choose-ports.ts';
import { runCli } from '../../demo/run-cli.ts';
import { startGateway } from '../../demo/start-gateway.ts';
import { TEAM_NAMES, type Caller } from '../people.ts';
import type { World } from '../world.ts';
import type { Peer } from './peer.ts';

export interface GatehousePeer extends Peer {
  readonly databaseFile: string;
  /** Stops it; its profile, if one was asked for, is written then. */
  stop(): Promise<void>;
}

export interface GatehouseOptions {
  readonly people: readonly Caller[];
  /** Processes; where the gateway knows no such setting it is one. Default 1. */
  readonly workers?: number;
  /** Folder that gets a `.cpuprofile` of each thread. */
  readonly cpuProfileDirectory?: string | undefined;
  /** Objects beside those that the people need. */
  readonly moreObjects?: readonly object[];
  readonly name?: string;
}

const API_VERSION = 'gatehouse.dev/v1alpha1';

/** The built gateway, as it runs in production: TLS both sides, mapping, policy, audit into SQLite, default settings. */
export async function startGatehouse(world: World, options: GatehouseOptions): Promise<GatehousePeer> {
  const name = options.name ?? 'gatehouse';
  const [port = 0] = await choosePorts(1);
  const directory = join(world.directory, name);
  const manifests = join(directory, 'manifests');
  mkdirSync(manifests, { recursive: true, mode: 0o700 });
  const objects = [...objectsOf(world), ...(options.moreObjects ?? [])];
  writeFileSync(join(manifests, 'bench.yaml'), objects.map((object) => stringify(object)).join('---\n'));
  const environment: Record<string, string> = {
    NODE_ENV: 'production',
    GATEHOUSE_LISTEN_PORT: String(port),
    GATEHOUSE_TLS_CERT_FILE: world.files.certificate,
    GATEHOUSE_TLS_KEY_FILE: world.files.key,
    GATEHOUSE_DATA_DIRECTORY: join(directory, 'data'),
  };
  await runCli(['apply', '-f', manifests], environment);
  if (CONFIG_KEYS.some((key) => key.variable === 'GATEHOUSE_WORKERS'))
    environment.GATEHOUSE_WORKERS = String(options.workers ?? 1);
  if (options.cpuProfileDirectory) {
    mkdirSync(options.cpuProfileDirectory, { recursive: true });
    environment.NODE_OPTIONS = `--cpu-prof --cpu-prof-dir=${options.cpuProfileDirectory}`;
  }
  const gateway = await startGateway(environment, join(world.directory, `${name}.log`));
  const { stop } = gateway;
  world.onStop(stop);
  return {
    name,
    origin: `https://127.0.0.1:${port}`,
    prefix: '/clusters/bench',
    pid: gateway.pid,
    note: 'TLS → TLS, JWT, mapping, policy, audit to SQLite',
    databaseFile: join(directory, 'data/gatehouse.db'),
    stop,
  };
}

/** A cookie for each person; made beside the running gateway, which looks sessions up in its database. */
export async function createSessions(world: World, people: readonly Caller[], peer: GatehousePeer): Promise<string[]> {
  const data = join(peer.databaseFile, '..');
  const log = { info() {}, warn: world.log, error: world.log };
  const store = await openStore({
    sqlitePath: peer.databaseFile,
    key: { base64: undefined, file: join(data, 'encryption.key') },
    log,
  });
  try {
    const nowMs = Date.now();
    const cookies: string[] = [];
    for (const person of people) {
      const token = await store.sessions.create({
        id: randomUUID(),
        issuer: 'bench',
        issuerUrl: world.issuer.url,
        subject: person.name,
        claims: JSON.parse(Buffer.from(person.token.split('.')[1] as string, 'base64url').toString()),
        createdAtMs: nowMs,
        lastSeenAtMs: nowMs,
        expiresAtMs: nowMs + 12 * 3600_000,
        idleTimeoutMs: 3600_000,
      });
      cookies.push(token);
    }
    return cookies;
  } finally {
    await store.close();
  }
}

function objectsOf({ caPem, issuer, upstream, files }: World): object[] {
  const base64 = (file: string): string => readFileSync(file).toString('base64');
  const object = (kind: string, name: string, spec: object) => ({
    apiVersion: API_VERSION,
    kind,
    metadata: { name },
    spec,
  });
  return [
    object('Cluster', 'bench', {
      server: upstream.origin,
      certificateAuthorityData: base64(files.ca),
      default: true,
      credential: {
        clientCertificateData: base64(files.clientCertificate),
        clientKeyData: base64(files.clientKey),
      },
    }),
    object('Issuer', 'bench', {
      issuer: { url: issuer.url, certificateAuthority: caPem, audiences: [issuer.clientId] },
      claimMappings: {
        username: { claim: 'preferred_username', prefix: 'bench:' },
        groups: { claim: 'groups', prefix: 'bench:' },
        uid: { claim: 'sub' },
      },
    }),
    object('Mapping', 'everybody', {
      subjects: [{ issuer: 'bench' }],
      clusters: ['bench'],
      impersonate: {
        user: { from: 'username' },
        groups: [{ from: 'groups' }],
        extra: [{ key: 'gatehouse.dev/issuer', value: { value: 'bench' } }],
      },
    }),
    object('AccessRule', 'discovery', {
      subjects: [{ issuer: 'bench' }],
      clusters: ['bench'],
      rules: [{ verbs: ['get', 'head'], nonResourceURLs: ['/api', '/api/*', '/apis', '/apis/*', '/version'] }],
    }),
    ...TEAM_NAMES.map((team) =>
      object('AccessRule', team, {
        subjects: [{ issuer: 'bench', group: `bench:${team}` }],
        clusters: ['bench'],
        rules: [
          {
            verbs: ['get', 'list', 'watch'],
            apiGroups: [''],
            resources: ['pods', 'pods/log', 'configmaps'],
            namespaces: [team],
          },
          { verbs: ['create'], apiGroups: [''], resources: ['pods/exec', 'pods/portforward'], namespaces: [team] },
        ],
      }),
    ),
  ];
}
