import { describeError } from '#errors';
import { collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import type { Config } from '#config';
import type { Metrics } from '#metrics';
import type { Log } from '../log.ts';
import type { WorkersLink } from '../workers/link.ts';
import { createMetricsCollector } from './collect-metrics.ts';
import { metricsPage, openMetricsListener, type MetricsListener } from './open-metrics-listener.ts';
import { readVersion } from './read-version.ts';
import { profileHandler } from './take-profile.ts';

const DEFAULT_LISTEN = '127.0.0.1:9443';

/**
 * Opens the second listener, once for all workers.
 *
 * @param alone this process is the one that serves; else it adds its own numbers to those of its workers.
 * @returns undefined where metrics are off, or where nobody chose the port and it is taken: a gateway that serves
 * without metrics is worth more than one that does not start.
 * @throws EADDRINUSE, EACCES where the address was configured.
 */
export async function serveMetrics(
  config: Config,
  ports: { readonly workers: WorkersLink; readonly log: Log; readonly alone: boolean },
): Promise<MetricsListener | undefined> {
  const { workers, log } = ports;
  const { listen = DEFAULT_LISTEN, insecureProfiling } = config.metrics;
  if (listen === 'off') return undefined;
  const { collect } = createMetricsCollector(workers, readOwn(ports.alone));
  const handlers = {
    '/metrics': metricsPage(collect),
    ...(insecureProfiling
      ? {
          '/debug/pprof/profile': profileHandler('cpu', workers, config.dataDirectory),
          '/debug/pprof/heap': profileHandler('heap', workers, config.dataDirectory),
        }
      : {}),
  };
  try {
    const listener = await openMetricsListener(listen, handlers, (error) =>
      log.error('the metrics listener failed', { error: describeError(error) }),
    );
    log.info('serving metrics', { url: listener.url, profiling: insecureProfiling });
    return listener;
  } catch (error) {
    if (config.metrics.listen !== undefined || (error as { code?: string }).code !== 'EADDRINUSE') throw error;
    log.warn('metrics are served nowhere: the default port is taken; set metrics.listen', { listen });
    return undefined;
  }
}

function readOwn(alone: boolean): () => Promise<Metrics> {
  const registry = new Registry();
  if (!alone) collectDefaultMetrics({ register: registry });
  new Gauge({
    name: 'gatehouse_build_info',
    help: 'Always 1; what is running, in its labels.',
    labelNames: ['version', 'node'],
    registers: [registry],
  }).set({ version: readVersion(), node: process.version }, 1);
  return async () => (await registry.getMetricsAsJSON()) as unknown as Metrics;
}
