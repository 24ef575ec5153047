import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { startCluster, type Cluster } from '../cluster/start-cluster.ts';
import { startIdentityProvider, type IdentityProvider } from '../support/identity-provider.ts';
import { startDemoGateway, type DemoGateway, type DemoGatewayOptions } from './start-demo-gateway.ts';

export interface DemoWorld {
  readonly cluster: Cluster;
  /** Those beside it. */
  readonly moreClusters: readonly Cluster[];
  readonly identityProvider: IdentityProvider;
  /** Adds a gateway with its own database; its port must be one of `gatewayPorts`. */
  startGateway(
    options: Omit<DemoGatewayOptions, 'cluster' | 'moreClusters' | 'identityProvider' | 'log'>,
  ): Promise<DemoGateway>;
  stop(): Promise<void>;
}

/**
 * What the demo and the end-to-end tests stand on: a real control plane and a real identity provider, which knows the
 * callback of a gateway on each of `gatewayPorts`. Stops everything it started where a later part fails.
 */
export async function startDemoWorld(options: {
  directory: string;
  gatewayPorts: readonly number[];
  /** Control planes, each of its own. Default 1. */
  clusters?: number;
  idTokenSeconds: number;
  /** See `ClusterOptions`; of the first control plane. */
  externalNames?: Readonly<Record<string, number>>;
  log: (line: string) => void;
}): Promise<DemoWorld> {
  const { directory, externalNames = {}, log } = options;
  const stops: (() => Promise<void>)[] = [];
  const stop = async (): Promise<void> => {
    for (const act of stops.splice(0).reverse()) await act();
  };
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    const cluster = await startCluster({ externalNames, log });
    stops.push(() => cluster.stop());
    const moreClusters: Cluster[] = [];
    while (moreClusters.length + 1 < (options.clusters ?? 1)) {
      const more = await startCluster({ log });
      stops.push(() => more.stop());
      moreClusters.push(more);
    }
    const origins = options.gatewayPorts.map((port) => `https://127.0.0.1:${port}`);
    const identityProvider = await startIdentityProvider({
      redirectUris: origins.map((origin) => `${origin}/-/auth/callback`),
      postLogoutRedirectUris: origins.map((origin) => `${origin}/-/`),
      idTokenSeconds: options.idTokenSeconds,
    });
    stops.push(() => identityProvider.stop());
    log(`identity provider ready at ${identityProvider.issuerUrl}`);
    return {
      cluster,
      moreClusters,
      identityProvider,
      async startGateway(gatewayOptions) {
        const gateway = await startDemoGateway({
          ...gatewayOptions,
          directory: join(directory, gatewayOptions.directory),
          cluster,
          moreClusters,
          identityProvider,
          log,
        });
        stops.push(() => gateway.stop());
        return gateway;
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}
