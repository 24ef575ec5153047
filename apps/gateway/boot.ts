import type { ClusterConnection, OwnCallPorts } from '#clusters';
import type { Config } from '#config';
import type { Listener } from '#http';
import { createVerifiedCache } from '#identity';
import {
  checkCompiles,
  compileRecordFirst,
  createAddressReader,
  createHostCheck,
  createOwnCallRecorder,
  createPipeline,
  uuidV7,
  type PipelinePorts,
  type PipelineSettings,
} from '#pipeline';
import type { Store } from '#store';
import {
  createSteps,
  NOTHING_TO_SAVE,
  SAVE_WITHIN_MS,
  STEP_WITHIN_MS,
  type CloseOptions,
  type Steps,
} from './close-in-steps.ts';
import { guardDescriptors } from './descriptors/guard-descriptors.ts';
import { followConfiguration } from './follow-configuration.ts';
import { createWorkerMetrics } from './metrics/create-worker-metrics.ts';
import { takeProfile } from './metrics/take-profile.ts';
import { openAuditLog } from './open-audit-queue.ts';
import { openControlPlane } from './open-control-plane.ts';
import { createConnectionGuards, openPublicListener } from './open-public-listener.ts';
import { openServingCertificate } from './serving-certificate.ts';
import { createOwnCallsOfRequests } from './own-calls-of-requests.ts';
import { createOwnApi } from './own-api/create-own-api.ts';
import { createIssuerKeys } from './login/create-issuer-keys.ts';
import { followPeople } from './people/follow-people.ts';
import { openSessions } from './people/open-sessions.ts';
import { judgeStreamsAgain } from './people/judge-streams-again.ts';
import type { Log } from './log.ts';
import { borrowLimits, countRefusals, limitMisses } from './share-limits.ts';
import type { SupervisorLink } from './workers/link.ts';
import * as topics from './workers/topics.ts';

export interface Gateway {
  readonly url: string;
  readonly port: number;
  /** Readiness first, then drain, then the audit log. The store is the caller's. */
  close(options?: CloseOptions): Promise<void>;
  /** Resolves, with the reason, when it cannot go on and must be closed, with these options. */
  readonly failed?: Promise<{ readonly error: Error; readonly end: CloseOptions }>;
}

export interface BootPorts {
  readonly store: Store;
  readonly supervisor: SupervisorLink;
  /** Name of the gateway that this worker is one of. */
  readonly gateway: string;
  readonly log: Log;
}

/** A database that hangs must not keep `/-/readyz` from saying so. */
const PROBE_WITHIN_MS = 2_000;

/**
 * Wires what serves: snapshot → pipeline → control plane → listener. What it returns is serving.
 * @throws for whatever makes serving impossible (certificate, port); nothing is left open then.
 */
export async function bootGateway(config: Config, ports: BootPorts): Promise<Gateway> {
  const steps = createSteps(ports.log);
  try {
    return await boot(config, ports, steps);
  } catch (error) {
    await steps.close(NOTHING_TO_SAVE).catch(() => {});
    throw error;
  }
}

async function boot(config: Config, { store, supervisor, gateway, log }: BootPorts, steps: Steps): Promise<Gateway> {
  let draining = false;
  let storeLost: Error | undefined;
  void store.lost.then((reason) => (storeLost = reason));
  const now = (): number => Date.now();
  const audit = openAuditLog(store.audit, config.audit, log);
  supervisor.answer(topics.FLUSH_AUDIT, () => audit.flush());
  const saving = ({ saveWithinMs = SAVE_WITHIN_MS }: CloseOptions): number => saveWithinMs;
  steps.add('the audit queue', (options) => audit.close(saving(options)), {
    withinMs: (options) => saving(options) + STEP_WITHIN_MS,
    saves: true,
  });
  const refusals = countRefusals(config, supervisor, now);
  steps.add('counted refusals', () => supervisor.tell(topics.LAST_REFUSALS, refusals.take()));
  const following = followConfiguration(config, store, log);
  const misses = limitMisses(supervisor, now);
  const followingPeople = followPeople({
    limitLookup: misses.lookUp,
    accessTokens: store.accessTokens,
    sessions: store.sessions,
    users: store.users,
    storedTokens: store.storedTokens,
    credentials: store.credentials,
    log,
    now,
  });
  steps.add('what is known of people', async () => (await followingPeople).stop(), {
    withinMs: () => 2 * STEP_WITHIN_MS,
  });
  // Also while this worker starts: it may have read before what it is asked about.
  let applyChanges = async (): Promise<void> => {
    await Promise.all([(await following).refresh(), (await followingPeople).refresh()]);
  };
  supervisor.answer(topics.REFRESH_SNAPSHOT, () => applyChanges());
  const people = await followingPeople;
  const snapshots = await following;
  steps.add('the clusters', async () => {
    snapshots.stop();
    await Promise.all([...snapshots.current().clusters.values()].map((cluster) => cluster.close()));
  });
  const snapshot = () => snapshots.current();

  const isKnownHost = createHostCheck(config.externalUrl, config.allowedHosts);
  const settings: PipelineSettings = {
    externalOrigin: new URL(config.externalUrl).origin,
    isKnownHost,
    addresses: createAddressReader(config.trustedProxies),
    timeouts: config.timeouts,
    maxBodyBytes: config.limits.maxBodyBytes || Infinity,
    servedBy: `${gateway}/${supervisor.worker}`,
    recordFirst: compileRecordFirst(config.audit),
  };
  const applied = (): Promise<void> => supervisor.ask(topics.APPLY_EVERYWHERE, undefined);
  const { servedBy } = settings;
  const opened = openSessions({ config, store, people, audit, servedBy, snapshot, applied, log, now });
  const identity: PipelinePorts['identity'] = {
    keySets: createIssuerKeys({ allowLoopback: config.outbound.insecureAllowLoopback, log, now }),
    sessions: opened.finder,
    accessTokens: people.accessTokens,
    disabledPeople: people.disabledPeople,
    now,
    verifiedCache: createVerifiedCache(),
  };
  const descriptors = await guardDescriptors(log);
  steps.add('the count of file descriptors', () => descriptors.stop());
  const guards = createConnectionGuards(config, descriptors, settings);
  const limits = borrowLimits(config, supervisor);
  let clientConnections = (): number => 0;
  const metrics = createWorkerMetrics({
    audit: audit.stats,
    limits: limits.stats,
    countedRefusals: refusals.total,
    refusedLookups: misses.refused,
    keySetFetches: () => ({ done: identity.keySets.fetches(), failed: identity.keySets.failedFetches() }),
    verifiedBearers: identity.verifiedCache.size,
    *upstream() {
      for (const [name, cluster] of snapshot().clusters)
        yield [name, (cluster as unknown as ClusterConnection).stats()];
    },
    clientConnections: () => clientConnections(),
    refusedConnections: guards.refused,
    revision: () => snapshot().revision,
    configurationReads: snapshots.reads,
    streamJudgements: () => streams.judgements(),
  });
  supervisor.answer(topics.READ_METRICS, metrics.read);
  if (config.metrics.insecureProfiling)
    supervisor.answer(topics.TAKE_PROFILE, (order) => takeProfile(order, supervisor.worker));
  const mapping = { findStoredToken: store.storedTokens.find.bind(store.storedTokens) };
  const streams = judgeStreamsAgain({
    snapshots,
    mapping,
    people,
    store,
    refreshSessions: opened.refreshDue,
    refreshIntervalSeconds: config.session.refreshIntervalSeconds,
    log,
    now,
  });
  ({ applyChanges } = streams);
  steps.add('open streams', () => streams.stop());
  const ownCalls: OwnCallPorts = {
    now,
    newAuditId: uuidV7,
    ...createOwnCallRecorder({
      audit,
      recordFirst: settings.recordFirst,
      servedBy: settings.servedBy,
      revision: () => snapshot().revision,
    }),
  };
  const pipelinePorts: PipelinePorts = {
    snapshot,
    audit,
    identity,
    mapping,
    streams,
    seen: people.seen,
    storedTokenUsed: people.storedTokenUsed,
    limits,
    refusals,
    observer: metrics.observer,
    now,
    newAuditId: uuidV7,
    draining: () => draining,
    log,
    ...createOwnCallsOfRequests(ownCalls),
    ownApi: createOwnApi({
      objects: store.objects,
      audit: store.audit,
      async flushAudit() {
        await audit.flush();
        await supervisor.ask(topics.FLUSH_EVERYWHERE, undefined);
      },
      checkCompiles,
      applied,
      users: store.users,
      accessTokens: store.accessTokens,
      sessions: opened.sessions,
      maxTokenLifetimeSeconds: config.accessTokens.maxLifetimeSeconds,
      now,
      snapshot,
      mapping,
      ownCalls,
      allowLoopback: config.outbound.insecureAllowLoopback,
      clusterReports: () => supervisor.ask(topics.CLUSTER_REPORTS, undefined),
    }),
  };
  const pipeline = createPipeline(settings, pipelinePorts);

  let useCertificate: Listener['useKeyPair'] = () => {};
  const certificates = openServingCertificate(config, log, (certificate) => useCertificate(certificate));
  if (certificates) steps.add('the certificate', () => certificates.stop());
  const controlPlane = await openControlPlane({
    config,
    settings,
    pipelinePorts,
    refusals,
    loginEnded: metrics.loginEnded,
    store,
    opened,
    applied,
    takeLogin: (source) => supervisor.ask(topics.TAKE_LOGIN, source),
    limitLookup: misses.lookUp,
    takeGuess: (person) => supervisor.ask(topics.TAKE_GUESS, person),
    claimState: (state) => supervisor.ask(topics.CLAIM_STATE, state),
    certificateAuthority: () => certificates?.current().authorityPem,
    alive: () => storeLost === undefined,
    readiness: () => {
      const reasons = [
        draining && 'shutting down',
        !audit.ready() && 'the audit log cannot be written',
        descriptors.problem(),
      ].filter((reason) => typeof reason === 'string');
      return { ready: reasons.length === 0, reasons };
    },
    log,
  });
  steps.add('the control plane', () => controlPlane.close());

  // Who connects first finds out no sooner than a load balancer whether this may serve.
  await audit.probed(PROBE_WITHIN_MS);
  const listener = await openPublicListener(config, {
    guards,
    keyPair: certificates?.current(),
    pipeline,
    controlPlane: controlPlane.handle,
    isKnownHost,
    consoleRequestEnded: metrics.consoleRequestEnded,
    log,
  });
  clientConnections = listener.connections;
  useCertificate = listener.useKeyPair;
  const grace = ({ graceMs }: CloseOptions): number => graceMs ?? config.timeouts.shutdownGraceSeconds * 1000;
  steps.add(
    'the listener',
    async (options) => {
      draining = true;
      await listener.close(grace(options), pipeline.endOpen);
    },
    { withinMs: (options) => grace(options) + STEP_WITHIN_MS, saves: true },
  );
  log.info('serving', {
    pid: process.pid,
    url: config.externalUrl,
    host: config.listen.host,
    port: listener.port,
    database: store.engine,
    schema: store.schemaVersion,
    revision: snapshot().revision,
  });
  return { url: config.externalUrl, port: listener.port, close: steps.close };
}
