import { inject } from 'vitest';
import { readFileSync } from 'node:fs';
import type { AuditEvent } from '../cluster/cluster.ts';
import type { DemoPerson, PersonName } from '../demo/start-demo-gateway.ts';

export interface GatewayView {
  readonly engine: 'sqlite' | 'postgres' | 'recorded';
  readonly url: string;
  readonly port: number;
  readonly caFile: string;
  readonly directory: string;
  readonly logFile: string;
  readonly environment: Record<string, string>;
  readonly daveUpstreamToken: string;
  readonly people: Readonly<Record<PersonName, DemoPerson>>;
}

/** What a test process knows of the world; see global-setup.ts. */
export interface WorldView {
  readonly controlUrl: string;
  readonly directory: string;
  readonly kubectlPath: string;
  /** kubectl's plugin `oidc-login`. */
  readonly kubeloginPath: string;
  readonly serverUrl: string;
  readonly clusterCaPem: string;
  readonly adminKubeconfig: string;
  readonly auditLogPath: string;
  /** Kubeconfigs straight to the API server, with the identity that the gateway maps to. */
  readonly direct: Record<string, string>;
  /** Where the API server finds an aggregated API behind a service of type ExternalName; on loopback, for a test to serve. */
  readonly aggregatedApi: { readonly host: string; readonly port: number };
  readonly identityProvider: {
    readonly issuerUrl: string;
    readonly caPem: string;
    readonly clientId: string;
    readonly clientSecret: string;
    readonly signingKey: Record<string, string>;
  };
  readonly gateways: readonly GatewayView[];
}

declare module 'vitest' {
  interface ProvidedContext {
    world: WorldView;
  }
}

export const world = (): WorldView => inject('world');

/** The gateways that every end-to-end test runs on: both databases. */
export const bothEngines = (): readonly GatewayView[] =>
  world().gateways.filter((gateway) => gateway.engine !== 'recorded');

export function gatewayOn(engine: GatewayView['engine']): GatewayView {
  const found = world().gateways.find((gateway) => gateway.engine === engine);
  if (!found) throw new Error(`no gateway on ${engine}`);
  return found;
}

/** Acts on the world: see the commands of global-setup.ts. */
export async function control<T = unknown>(command: string, body: Record<string, string> = {}): Promise<T> {
  const answer = await fetch(`${world().controlUrl}/${command}`, { method: 'POST', body: JSON.stringify(body) });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${command}: ${text}`);
  return JSON.parse(text) as T;
}

/** The API server's own audit log, the oracle of what arrived. */
export function readServerLog(): AuditEvent[] {
  return readFileSync(world().auditLogPath, 'utf8')
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as AuditEvent);
}
