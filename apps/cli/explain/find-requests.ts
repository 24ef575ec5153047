import { accessSync, constants, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import {
  AGGREGATED_DISCOVERY,
  commandRequests,
  isDiscovery,
  KUBERNETES_KINDS,
  readCommand,
  readDiscovery,
  type CommandRequest,
  type KnownKind,
  type ManifestObject,
} from '#advice';
import { callAsGateway, type ClusterConnection, type OwnCallPorts } from '#clusters';
import { GatehouseError } from '#errors';
import { mayUpgrade, parseRequest, readClusterPrefix } from '#kube';
import { readYaml } from '#resources';
import { CliFailure } from '../failure.ts';
import { recordKubectl } from '../kubectl/record-kubectl.ts';

export interface FoundRequests {
  readonly requests: readonly CommandRequest[];
  /** The cluster that a path names by `/clusters/<name>`. */
  readonly cluster?: string;
  /** Where the requests come from, and what is not covered, as sentences. */
  readonly notes: readonly string[];
}

export interface FindRequestsOptions {
  /** A path; `none` for the table of common commands; undefined for kubectl of the PATH, if there is one. */
  readonly kubectl: string | undefined;
  readonly path: string;
  kinds(): Promise<readonly KnownKind[]>;
}

/** What `-- kubectl get pods` or `-- GET /api/v1/pods` sends. @throws CliFailure. */
export async function findRequests(words: readonly string[], options: FindRequestsOptions): Promise<FoundRequests> {
  const [first = '', ...args] = words;
  if (/(?:^|\/)kubectl$/.test(first)) return await ofKubectl(args, options);
  const [target] = args;
  if (!/^[A-Z]+$/.test(first) || target === undefined || !target.startsWith('/') || args.length > 1)
    throw new CliFailure('give a command or a request: -- kubectl get pods, or -- GET /api/v1/pods');
  return ofTarget(first, target);
}

function ofTarget(method: string, whole: string): FoundRequests {
  const prefix = readClusterPrefix(whole);
  const target = 'target' in prefix ? prefix.target : whole;
  const parsed = parseRequest(method, target);
  // Streams into pods are upgrades; of other subresources an upgrade is an exception.
  const upgrade =
    parsed.ok &&
    parsed.request.group === '' &&
    parsed.request.longRunning &&
    mayUpgrade(parsed.request) &&
    STREAMS.has(parsed.request.subresource);
  const request: CommandRequest = { method, target, upgrade, when: '' };
  return { requests: [request], notes: [], ...(prefix.kind === 'cluster' ? { cluster: prefix.cluster } : {}) };
}

const STREAMS = new Set(['exec', 'attach', 'portforward']);

async function ofKubectl(args: readonly string[], options: FindRequestsOptions): Promise<FoundRequests> {
  const kinds = await options.kinds();
  const kubectl = options.kubectl === 'none' ? undefined : (options.kubectl ?? findOnPath('kubectl', options.path));
  const there = args.some((arg) => arg === '-n' || arg.startsWith('--namespace') || /^-n./.test(arg) || arg === '-A');
  const place = there ? [] : ['kubectl takes the namespace of its context; without -n "default" is asked about'];
  if (kubectl === undefined) {
    const read = readCommand(args, kinds, readObjects);
    if (!read.ok) throw new CliFailure(read.message);
    return {
      requests: withoutDiscovery(read.requests),
      notes: ['as kubectl usually sends it (kubectl itself was not asked)', ...place],
    };
  }
  const record = async (exists: boolean) => await recordKubectl({ kubectl, args, kinds, exists });
  const whereThere = await record(true);
  // Only apply looks first what is there.
  const whereNot = args[0] === 'apply' ? await record(false) : whereThere;
  const gaveUp = whereThere.gaveUp ?? whereNot.gaveUp;
  return {
    requests: withoutDiscovery(commandRequests(whereThere.requests, whereNot.requests)),
    notes: [
      `as ${kubectl} sends it, to an API server that does nothing; names that only the cluster knows are "one-of-them"`,
      ...place,
      ...(gaveUp === undefined ? [] : [`not covered is what it sends after this: ${gaveUp}`]),
    ],
  };
}

/** What all commands ask first is shown only of commands that ask nothing else. */
function withoutDiscovery(requests: readonly CommandRequest[]): readonly CommandRequest[] {
  const others = requests.filter((request) => !isDiscovery(request));
  if (requests.length === 0) throw new CliFailure('this command sends no requests');
  return others.length > 0 ? others : requests;
}

function findOnPath(name: string, path: string): string | undefined {
  return path
    .split(delimiter)
    .filter((folder) => folder !== '')
    .map((folder) => join(folder, name))
    .find((file) => {
      try {
        accessSync(file, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}

function readObjects(paths: readonly string[]): ManifestObject[] {
  return paths.flatMap((path) => {
    let content: string;
    try {
      content = readFileSync(path === '-' ? 0 : path, 'utf8');
    } catch (error) {
      throw new CliFailure(`${path} cannot be read (${(error as NodeJS.ErrnoException).code ?? 'error'})`);
    }
    return readYaml(content).documents.flatMap(({ value }) => {
      const { apiVersion, kind, metadata } = value as {
        apiVersion?: string;
        kind?: string;
        metadata?: { name?: string; namespace?: string };
      };
      if (!apiVersion || !kind || !metadata?.name) return [];
      return [{ apiVersion, kind, name: metadata.name, namespace: metadata.namespace }];
    });
  });
}

/** The cluster's own kinds, custom ones too; Kubernetes' where it cannot be asked. */
export async function kindsOf(
  cluster: ClusterConnection | undefined,
  ports: OwnCallPorts,
): Promise<readonly KnownKind[]> {
  if (cluster === undefined) return KUBERNETES_KINDS;
  const ask = async (path: string): Promise<KnownKind[]> => {
    const { statusCode, text } = await callAsGateway(
      cluster,
      {
        method: 'GET',
        path,
        headers: { accept: AGGREGATED_DISCOVERY },
        reason: 'the gateway asks which resources there are',
      },
      ports,
    );
    return statusCode === 200 ? readDiscovery(text) : [];
  };
  try {
    const [core, others] = await Promise.all([ask('/api'), ask('/apis')]);
    return core.length > 0 && others.length > 0 ? [...core, ...others] : KUBERNETES_KINDS;
  } catch (error) {
    if (error instanceof GatehouseError) return KUBERNETES_KINDS;
    throw error;
  }
}
