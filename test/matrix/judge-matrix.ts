import { readFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { parse } from 'yaml';
import { SESSION_COOKIE, createKeySets, createVerifiedCache } from '#identity';
import { GatehouseError } from '#errors';
import {
  compileSnapshot,
  createAddressReader,
  createAuditDraft,
  createHostCheck,
  type ClusterUpstream,
  type PipelinePorts,
  type PipelineSettings,
  type Snapshot,
} from '#pipeline';
import { parseManifests, type ResourceObject } from '#resources';
import { judge } from '../../libs/pipeline/judge.ts';

const HOST = 'gateway.example';
const NOW_MS = Date.parse('2026-01-15T12:00:00Z');

interface Claimed {
  readonly issuer?: string;
  readonly name?: string;
  readonly groups?: readonly string[];
  readonly address?: string;
  readonly loggedInSecondsAgo?: number;
  readonly acr?: string;
}

export interface MatrixWorld {
  readonly objects: readonly ResourceObject[];
  readonly people: ReadonlyMap<string, Claimed>;
  readonly requests: readonly string[];
}

const read = (file: string): string => readFileSync(join(import.meta.dirname, file), 'utf8');

export function readMatrixWorld(): MatrixWorld {
  const { manifests, problems } = parseManifests(read('objects.yaml'), { source: 'objects.yaml' });
  if (problems.length > 0) throw new Error(JSON.stringify(problems));
  return {
    objects: manifests.map(({ object }) => object),
    people: new Map(Object.entries(parse(read('people.yaml')) as Record<string, Claimed>)),
    requests: read('requests.txt')
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#')),
  };
}

/**
 * Every person beside every request, judged by the pipeline's own `judge` (bytes, identity, mapping, policy), as text:
 * a request, and below it a line for each verdict and rule with the people that get it.
 */
export async function judgeMatrix(world: MatrixWorld): Promise<string> {
  const { snapshot } = await compileSnapshot(undefined, { revision: 1, objects: world.objects }, { openCluster });
  const blocks: string[] = [];
  for (const request of world.requests) {
    const people = new Map<string, string[]>();
    for (const [person, claimed] of world.people) {
      const verdict = await judgeOne(request, person, claimed, snapshot);
      people.set(verdict, [...(people.get(verdict) ?? []), person]);
    }
    const lines = [...people].sort(([a], [b]) => (a < b ? -1 : 1));
    blocks.push([request, ...lines.map(([verdict, names]) => `  ${verdict.padEnd(36)} ${names.join(' ')}`)].join('\n'));
  }
  return `${blocks.join('\n\n')}\n`;
}

async function judgeOne(line: string, person: string, claimed: Claimed, snapshot: Snapshot): Promise<string> {
  const [, upgrade, method = '', target = ''] = /^(UPGRADE )?(\S+) (\S+)$/.exec(line) ?? [];
  const session = ['Cookie', `${SESSION_COOKIE}=${person}`];
  const headers = upgrade
    ? ['Origin', `https://${HOST}`, 'Connection', 'Upgrade', 'Upgrade', 'websocket']
    : ['Sec-Fetch-Site', 'same-origin'];
  const request = {
    method,
    url: target,
    rawHeaders: ['Host', HOST, ...session, ...headers],
    socket: { remoteAddress: claimed.address ?? '192.0.2.1' },
  } as unknown as IncomingMessage;
  const draft = createAuditDraft('id', NOW_MS, snapshot.revision, method, target, 'matrix');
  const judged = await judge(request, upgrade !== undefined, snapshot, draft, SETTINGS, portsFor(claimed, person));
  const reported = (draft.decision?.reported ?? [])
    .map(({ rule, effect }) => ` [would-${effect.toLowerCase()} ${rule}]`)
    .join('');
  if (draft.decision === undefined) return `refused ${judged.ok ? 'nowhere' : judged.code}`;
  const { allowed, rule } = draft.decision;
  const verdict = allowed ? 'allow' : !judged.ok && judged.code === 'stepUpRequired' ? 'step-up' : 'deny';
  return `${verdict} ${rule ?? '-'}${reported}`;
}

const SETTINGS: PipelineSettings = {
  externalOrigin: `https://${HOST}`,
  isKnownHost: createHostCheck(`https://${HOST}`, []),
  addresses: createAddressReader([]),
  timeouts: { shortRequestSeconds: 60, stalledReaderSeconds: 60, stalledStreamSeconds: 3600 },
  maxBodyBytes: Infinity,
  servedBy: 'matrix',
  recordFirst: { has: () => false },
};

/** The ports that judging needs: a session that this person holds, and dave's stored token. */
function portsFor(claimed: Claimed, person: string): PipelinePorts {
  const issuer = claimed.issuer ?? 'demo';
  const session = {
    id: `session-${person}`,
    issuer,
    issuerUrl: `https://${issuer}.example`,
    subject: person,
    claims: {
      sub: person,
      preferred_username: claimed.name ?? person,
      groups: claimed.groups ?? [],
      ...(claimed.loggedInSecondsAgo === undefined ? {} : { auth_time: NOW_MS / 1000 - claimed.loggedInSecondsAgo }),
      ...(claimed.acr === undefined ? {} : { acr: claimed.acr }),
    },
    createdAtMs: NOW_MS,
    lastSeenAtMs: NOW_MS,
    expiresAtMs: NOW_MS + 3_600_000,
    idleTimeoutMs: 3_600_000,
  };
  const now = (): number => NOW_MS;
  const stored = { id: 'token', token: 'x', user: 'system:serviceaccount:team-a:dave', groups: [] };
  const ports = {
    identity: {
      now,
      keySets: createKeySets({ now }),
      verifiedCache: createVerifiedCache(),
      accessTokens: { findAccessToken: () => undefined },
      disabledPeople: { has: () => false },
      sessions: { find: async (token: string) => (token === person ? session : undefined), touch: async () => {} },
    },
    mapping: {
      findStoredToken: async (_issuerUrl: string, subject: string, cluster: string) =>
        subject === 'dave' && cluster === 'demo' ? stored : undefined,
    },
    seen() {},
    now,
  };
  return ports as unknown as PipelinePorts;
}

/** Nothing is sent in a matrix: whoever tries finds no connection. */
async function openCluster({ metadata, spec }: ResourceObject): Promise<ClusterUpstream> {
  const nothing = (): never => {
    throw new GatehouseError('internal', 'the matrix sends nothing');
  };
  return {
    name: metadata.name,
    isDefault: (spec as { default?: boolean }).default === true,
    hostHeader: '',
    basePath: '',
    credentialProblem: undefined,
    gatewayAuthorization: nothing,
    connections: nothing,
    close: async () => {},
  };
}
