import type { Config } from '#config';
import { openListener, type KeyPair, type Listener } from '#http';
import type { PipelineSettings } from '#pipeline';
import type { DescriptorGuard } from './descriptors/guard-descriptors.ts';
import { createDispatcher, type DispatchPorts } from './dispatch.ts';
import { createConnectionLimit, type ConnectionLimit } from './limit-connections.ts';
import { createFaultReport, type Log } from './log.ts';
import { shareOf } from './share-limits.ts';

/** Whatever refuses new connections, and how many it has refused, by the label of the metric. */
export interface ConnectionGuards {
  readonly descriptors: DescriptorGuard;
  readonly sources: ConnectionLimit;
  refused(): readonly (readonly [reason: string, count: number])[];
}

export function createConnectionGuards(
  config: Config,
  descriptors: DescriptorGuard,
  { addresses }: PipelineSettings,
): ConnectionGuards {
  const limit = shareOf(config.limits.maxConnectionsPerSource, config.workers);
  const sources = createConnectionLimit(limit, addresses.isTrusted);
  return {
    descriptors,
    sources,
    refused: () => [
      ['outOfDescriptors', descriptors.refused()],
      ['maxConnectionsPerSource', sources.refused()],
    ],
  };
}

/** Opens the public port for the pipeline and the control plane. @throws EADDRINUSE, EACCES. */
export async function openPublicListener(
  config: Config,
  ports: Omit<DispatchPorts, 'bodyWithinMs' | 'descriptors'> & {
    readonly guards: ConnectionGuards;
    readonly keyPair: KeyPair | undefined;
    readonly log: Log;
  },
): Promise<Listener> {
  const { guards, keyPair, log, ...dispatched } = ports;
  const { descriptors, sources } = guards;
  return await openListener(
    {
      host: config.listen.host,
      port: config.listen.port,
      shared: config.workers > 1,
      keyPair,
      headersSeconds: config.timeouts.headersSeconds,
      idleConnectionSeconds: config.timeouts.idleConnectionSeconds,
      ownHttp1: config.http.ownHttp1,
      reportFault: createFaultReport(log),
      onConnection(socket) {
        sources.onConnection(socket);
        if (!socket.destroyed) descriptors.onConnection(socket);
      },
      onAcceptError: descriptors.onAcceptError,
    },
    createDispatcher({ ...dispatched, descriptors, bodyWithinMs: config.timeouts.shortRequestSeconds * 1000 }),
  );
}
