import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseAllDocuments, stringify } from 'yaml';
import { tryCli, type CliResult } from '../demo/run-cli.ts';

export const CLIENT_SECRET = 'client-secret-19c7e4d2a8b6f053';

export interface ExportedObject {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly spec: Readonly<Record<string, unknown>>;
}

export interface CliWorld {
  readonly folder: string;
  /** Of the database and the encryption key. */
  readonly data: string;
  readonly environment: Record<string, string>;
  /** Runs the built command; words are separated by single blanks. */
  gatehouse(args: string, input?: string): Promise<CliResult>;
  /** What `export` prints. */
  exported(): Promise<ExportedObject[]>;
}

/** A temporary folder with a configuration of its own; whoever makes it removes `folder`. */
export function createCliWorld(more: Record<string, string> = {}): CliWorld {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-cli-'));
  const data = join(folder, 'data');
  const environment = { GATEHOUSE_CONFIG_FILE: '/dev/null', GATEHOUSE_DATA_DIRECTORY: data, ...more };
  const gatehouse: CliWorld['gatehouse'] = async (args, input = '') =>
    await tryCli(args.split(' '), environment, input);
  return {
    folder,
    data,
    environment,
    gatehouse,
    async exported() {
      const { stdout, stderr, code } = await gatehouse('export');
      if (code !== 0) throw new Error(`export exited ${code}: ${stderr}`);
      return (parseAllDocuments(stdout) as { toJS(): ExportedObject }[]).map((document) => document.toJS());
    },
  };
}

export const manifest = (kind: string, name: string, spec: object): string =>
  stringify({ apiVersion: 'gatehouse.dev/v1alpha1', kind, metadata: { name }, spec });

export const accessRule = (name: string, more: object = {}): string =>
  manifest('AccessRule', name, {
    subjects: [{ issuer: 'demo', group: 'demo:viewers' }],
    clusters: ['demo'],
    rules: [{ verbs: ['get', 'list', 'watch'], apiGroups: [''], resources: ['pods'] }],
    ...more,
  });

export const issuer = (name: string): string =>
  manifest('Issuer', name, {
    issuer: { url: 'https://id.example.com', audiences: ['gatehouse'] },
    claimMappings: {
      username: { claim: 'preferred_username', prefix: 'demo:' },
      groups: { claim: 'groups', prefix: 'demo:' },
    },
    login: { clientID: 'gatehouse', clientSecret: CLIENT_SECRET },
  });

export const kubeconfig = (server: string, ca: string, token: string): string =>
  stringify({
    'current-context': 'c',
    clusters: [{ name: 'k', cluster: { server, 'certificate-authority-data': ca } }],
    contexts: [{ name: 'c', context: { cluster: 'k', user: 'u' } }],
    users: [{ name: 'u', user: { token } }],
  });
