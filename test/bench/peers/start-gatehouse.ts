import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { choosePorts } from '../../cluster/choose-ports.ts';
import { runCli } from '../../demo/run-cli.ts';
import { startGateway } from '../../demo/start-gateway.ts';
import { TEAM_NAMES } from '../people.ts';
import type { World } from '../world.ts';
import type { Peer } from './peer.ts';

export interface GatehousePeer extends Peer {
  readonly databaseFile: string;
  /** Stops it; its profile, if one was asked for, is written then. */
  stop(): Promise<void>;
}

export interface GatehouseOptions {
  /** Processes. Default 1. */
  readonly workers?: number;
  /** Folder that gets a `.cpuprofile` of each thread. */
  readonly cpuProfileDirectory?: string | undefined;
  /** Objects beside those that the people need. */
  readonly moreObjects?: readonly object[];
  readonly name?: string;
  /** The API server; default the stub. */
  readonly target?: Target;
  /** Given the database when all objects are in it and the gateway is not started yet. */
  readonly prepare?: (databaseFile: string) => void;
  /** Told how long the start took, in milliseconds. */
  readonly onStart?: (ms: number) => void;
}

/** An API server and the gateway's credential there. */
export interface Target {
  readonly server: string;
  readonly caPem: string;
  readonly certPem: string;
  readonly keyPem: string;
  /** Of a real cluster: by it the credential gets the rights that the objects need. The teams of the stub are not there. */
  readonly adminKubeconfig?: string;
}

/** An object of the gateway's own kinds. */
export function object(kind: string, name: string, spec: object): object {
  return { apiVersion: API_VERSION, kind, metadata: { name }, spec };
}

/** Its own grace for open requests is 10 s. */
const STOP_WITHIN_MS = 20_000;
const API_VERSION = 'gatehouse.dev/v1alpha1';

/** The built gateway, as it runs in production: TLS both sides, mapping, policy, audit into SQLite, default settings. */
export async function startGatehouse(world: World, options: GatehouseOptions = {}): Promise<GatehousePeer> {
  const name = options.name ?? 'gatehouse';
  const [port = 0, metricsPort = 0] = await choosePorts(2);
  const directory = join(world.directory, name);
  const manifests = join(directory, 'manifests');
  mkdirSync(manifests, { recursive: true, mode: 0o700 });
  const target = options.target ?? stubOf(world);
  const objects = [...objectsOf(world, target), ...(options.moreObjects ?? [])];
  writeFileSync(join(manifests, 'bench.yaml'), objects.map((entry) => stringify(entry)).join('---\n'));
  const environment: Record<string, string> = {
    NODE_ENV: 'production',
    GATEHOUSE_LISTEN_PORT: String(port),
    GATEHOUSE_METRICS_LISTEN: `127.0.0.1:${metricsPort}`,
    GATEHOUSE_TLS_CERT_FILE: world.files.certificate,
    GATEHOUSE_TLS_KEY_FILE: world.files.key,
    GATEHOUSE_DATA_DIRECTORY: join(directory, 'data'),
  };
  await runCli(['apply', '-f', manifests], environment);
  if (target.adminKubeconfig !== undefined)
    await runCli(['rbac', '--cluster', 'bench', '--apply', '--kubeconfig', target.adminKubeconfig], environment);
  environment.GATEHOUSE_WORKERS = String(options.workers ?? 1);
  if (options.cpuProfileDirectory) {
    mkdirSync(options.cpuProfileDirectory, { recursive: true });
    environment.NODE_OPTIONS = `--cpu-prof --cpu-prof-dir=${options.cpuProfileDirectory}`;
  }
  const databaseFile = join(directory, 'data/gatehouse.db');
  options.prepare?.(databaseFile);
  const startedAt = performance.now();
  const gateway = await startGateway(environment, join(world.directory, `${name}.log`));
  options.onStart?.(performance.now() - startedAt);
  const stop = async (): Promise<void> => {
    const late = setTimeout(() => {
      world.log(`${name} has not ended ${STOP_WITHIN_MS / 1000} s after SIGTERM, which is a fault; it is killed`);
      void gateway.kill();
    }, STOP_WITHIN_MS);
    await gateway.stop();
    clearTimeout(late);
  };
  world.onStop(stop);
  return {
    name,
    origin: `https://127.0.0.1:${port}`,
    prefix: '/clusters/bench',
    pid: gateway.pid,
    note: 'TLS → TLS, JWT, mapping, policy, audit to SQLite',
    databaseFile,
    stop,
  };
}

function stubOf({ upstream, caPem, files }: World): Target {
  return {
    server: upstream.origin,
    caPem,
    certPem: readFileSync(files.clientCertificate, 'utf8'),
    keyPem: readFileSync(files.clientKey, 'utf8'),
  };
}

/** People are `demo:<name>` in groups `demo:<group>`, which is what the gateway may impersonate in the real cluster. */
function objectsOf({ issuer }: World, { server, caPem, certPem, keyPem, adminKubeconfig }: Target): object[] {
  const base64 = (text: string): string => Buffer.from(text).toString('base64');
  return [
    object('Cluster', 'bench', {
      server,
      certificateAuthorityData: base64(caPem),
      default: true,
      credential: { clientCertificateData: base64(certPem), clientKeyData: base64(keyPem) },
    }),
    object('Issuer', 'bench', {
      issuer: { url: issuer.url, certificateAuthority: issuer.caPem, audiences: [issuer.clientId] },
      claimMappings: {
        username: { claim: 'preferred_username', prefix: 'demo:' },
        groups: { claim: 'groups', prefix: 'demo:' },
        uid: { claim: 'sub' },
      },
    }),
    object('Mapping', 'everybody', {
      subjects: [{ issuer: 'bench' }],
      clusters: ['bench'],
      impersonate: {
        user: { from: 'username' },
        groups: [{ from: 'groups' }],
        extra: [{ key: 'gatehouse.dev/issuer', value: { value: 'demo' } }],
      },
    }),
    object('AccessRule', 'discovery', {
      subjects: [{ issuer: 'bench' }],
      clusters: ['bench'],
      rules: [{ verbs: ['get', 'head'], nonResourceURLs: ['/api', '/api/*', '/apis', '/apis/*', '/version'] }],
    }),
    ...(adminKubeconfig === undefined ? TEAM_NAMES : []).map((team) =>
      object('AccessRule', team, {
        subjects: [{ issuer: 'bench', group: `demo:${team}` }],
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
