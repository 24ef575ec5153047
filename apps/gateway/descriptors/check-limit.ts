import type { Config } from '#config';
import { GatehouseError } from '#errors';
import type { Log } from '../log.ts';
import { shareOf } from '../share-limits.ts';
import { RESERVED_DESCRIPTORS } from './guard-descriptors.ts';

/** A process that serves nobody has 30 to 50 open; with the reserve, this leaves room for some hundred connections. */
const LEAST_LIMIT = 256;
const OWN_DESCRIPTORS = 64;
/** To each cluster: reads and writes, each with the gateway's credential and with those of users. */
const POOLS_OF_CLUSTER = 4;

const HOW_TO_RAISE =
  'Raise it with `ulimit -n` in the shell that starts the gateway, with LimitNOFILE= in its systemd unit, or with the container runtime’s limit for its containers on Kubernetes and Docker (docs/operations.md, "File descriptors").';

/**
 * Workers inherit the limit, so it is checked once for all of them.
 * @param limit undefined where it cannot be read.
 * @throws GatehouseError outOfDescriptors, with words for whoever starts the gateway.
 */
export function requireDescriptors(limit: number | undefined, log: Log): void {
  if (limit === undefined)
    log.info('the limit of open files cannot be read on this system; nothing is kept back of it for refusals');
  else if (limit < LEAST_LIMIT)
    throw new GatehouseError(
      'outOfDescriptors',
      `the limit of open files (hard limit, RLIMIT_NOFILE) is ${limit}, and the gateway needs at least ${LEAST_LIMIT}. ${HOW_TO_RAISE}`,
    );
}

/** Warns where the settings allow one process to have more open than its limit. */
export function warnOfDescriptors(limit: number | undefined, config: Config, clusters: number, log: Log): void {
  const allowed = descriptorsAllowed(config, clusters);
  if (limit === undefined || allowed <= limit) return;
  log.warn(`the limit of open files is lower than what the settings allow to be open at once. ${HOW_TO_RAISE}`, {
    limit,
    allowed: allowed === Infinity ? 'no limit' : allowed,
    settings: ['limits.maxStreams', 'limits.maxRequestsInFlight', 'limits.maxUpstreamConnections', 'workers'],
  });
}

/** What the settings allow a process that serves to have open at once; connections that rest between requests aside. */
export function descriptorsAllowed(config: Config, clusters: number): number {
  const { maxStreams, maxRequestsInFlight, maxUpstreamConnections } = config.limits;
  const perWorker = (limit: number): number => (limit === 0 ? Infinity : shareOf(limit, config.workers));
  return (
    OWN_DESCRIPTORS +
    RESERVED_DESCRIPTORS +
    (config.databaseUrl ? shareOf(config.databaseConnections, config.workers) : 0) +
    // The client's connection and the cluster's.
    2 * perWorker(maxStreams) +
    perWorker(maxRequestsInFlight) +
    clusters * POOLS_OF_CLUSTER * maxUpstreamConnections
  );
}
