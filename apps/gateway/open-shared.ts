import { describeError } from '#errors';
import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { RECORD_FIRST_BY_DEFAULT, type Config } from '#config';
import { findSentUnrecorded, uuidV7 } from '#pipeline';
import { openStore, type SharedStore } from '#store';
import { applyManifestsAtBoot } from './apply-manifests-at-boot.ts';
import { watchHealth } from './clusters/watch-health.ts';
import { createSteps, STEP_WITHIN_MS } from './close-in-steps.ts';
import { requireDescriptors, warnOfDescriptors } from './descriptors/check-limit.ts';
import { readDescriptorLimit } from './descriptors/read-descriptors.ts';
import type { Log } from './log.ts';
import { createStateClaims } from './login/claim-states.ts';
import type { MetricsListener } from './metrics/open-metrics-listener.ts';
import { serveMetrics } from './metrics/serve-metrics.ts';
import { createCountedRefusalRecorder } from './record-counted-refusals.ts';
import { ensureServingCertificate } from './serving-certificate.ts';
import { watchRights } from './rights/watch-rights.ts';
import { lendLimits } from './share-limits.ts';
import type { Topic, WorkersLink } from './workers/link.ts';
import {
  APPLY_EVERYWHERE,
  CLAIM_STATE,
  CLUSTER_REPORTS,
  FLUSH_AUDIT,
  FLUSH_EVERYWHERE,
  LAST_REFUSALS,
  REFRESH_SNAPSHOT,
  TAKE_REFUSALS,
} from './workers/topics.ts';

/** What a gateway has once, however many workers serve. */
export interface Shared {
  readonly store: SharedStore;
  /** Names this run of the gateway in audit records. */
  readonly gateway: string;
  /** Completes what a worker that ended has left open. */
  workerLost(worker: number): void;
  close(): Promise<void>;
}

const SWEEP_EVERY_MS = 60_000;
const GRANTS_KEPT_MS = 10 * 60_000;
/** Longer than any compile takes; a worker that hangs must not hold every admin's change. */
const CONFIRM_WITHIN_MS = 2_000;
const COUNT_WITHIN_MS = 2_000;
/** SQLite copies its log into the file at the end. */
const STORE_CLOSES_WITHIN_MS = 2_000;

/**
 * Opens it, before any worker serves: schema, encryption key, manifests and certificate are settled here, and whatever
 * is wrong with them is said once.
 * @throws StoreStartError, GatehouseError; nothing is left open then.
 */
export async function openShared(config: Config, log: Log, workers: WorkersLink): Promise<Shared> {
  const descriptorLimit = readDescriptorLimit();
  requireDescriptors(descriptorLimit, log);
  const gateway = `${hostname()}-${randomBytes(4).toString('hex')}`;
  const store = await openStore({
    databaseUrl: config.databaseUrl,
    sqlitePath: join(config.dataDirectory, 'gatehouse.db'),
    // A key file beside the database is a default for one machine only; replicas must all be given the same key.
    key: {
      base64: config.encryptionKey,
      file: config.encryptionKeyFile ?? (config.databaseUrl ? undefined : join(config.dataDirectory, 'encryption.key')),
    },
    // Alone, this process serves all; beside workers it writes manifests and sweeps.
    databaseConnections: config.workers === 1 ? config.databaseConnections : 2,
    gateway,
    log,
  });
  const narrowed = findSentUnrecorded(config.audit, RECORD_FIRST_BY_DEFAULT);
  if (narrowed)
    log.warn(
      'audit.recordFirst holds less than its default: such requests are sent before their record is saved, and a crash can lose it',
      { rule: narrowed },
    );
  let metrics: MetricsListener | undefined;
  try {
    metrics = await serveMetrics(config, { workers, log, alone: config.workers === 1 });
    if (config.manifestsDirectory) await applyManifestsAtBoot(config.manifestsDirectory, store.objects, log);
    await ensureServingCertificate(config, log);
    const { objects } = await store.objects.readAll();
    const clusters = objects.filter(({ kind }) => kind === 'Cluster').length;
    warnOfDescriptors(descriptorLimit, config, clusters, log);
  } catch (error) {
    await metrics?.close();
    await store.close(STORE_CLOSES_WITHIN_MS).catch(() => {});
    throw error;
  }
  workers.answer(CLAIM_STATE, createStateClaims());
  lendLimits(config, workers);
  const everywhere = (what: Topic<undefined, void>, complaint: string) => async () => {
    const { failed } = await workers.askAll(what, undefined, CONFIRM_WITHIN_MS);
    for (const { worker, error } of failed) log.warn(complaint, { asked: worker, error: error.message });
  };
  workers.answer(APPLY_EVERYWHERE, everywhere(REFRESH_SNAPSHOT, 'a worker has not confirmed a configuration change'));
  workers.answer(FLUSH_EVERYWHERE, everywhere(FLUSH_AUDIT, 'a worker has not saved its audit records for a reader'));
  const rights = watchRights(config, store, log);
  const health = watchHealth(config, store, log);
  workers.answer(CLUSTER_REPORTS, async () => ({ rights: rights.reports(), health: await health.reports() }));
  const counted = createCountedRefusalRecorder({
    append: (records) => store.audit.append(records),
    newAuditId: uuidV7,
    log,
  });
  workers.answer(LAST_REFUSALS, counted.add);
  const recordCounted = setInterval(() => {
    void workers.askAll(TAKE_REFUSALS, undefined, COUNT_WITHIN_MS).then(async ({ answers }) => {
      for (const { value } of answers) counted.add(value);
      await counted.flush();
    });
  }, config.audit.refusalIntervalSeconds * 1000);
  const lost: number[] = [];
  const completeAbandoned = async (): Promise<void> => {
    try {
      const found = await store.audit.completeAbandoned(gateway, lost, Date.now());
      if (found > 0) log.warn('requests of a process that ended are marked in the audit log', { processes: found });
    } catch (error) {
      log.warn('requests of a process that ended are not yet marked in the audit log', { error: describeError(error) });
    }
  };
  let marking = completeAbandoned();
  const mark = (): void => void (marking = marking.then(completeAbandoned));
  const sweep = setInterval(() => {
    mark();
    Promise.all([
      store.sessions.deleteExpired(Date.now()),
      store.accessTokens.deleteExpiredAccessTokens(Date.now()),
      // Kept a while, so that a program still hears that its code has expired.
      store.loginGrants.deleteGrantsEndedBefore(Date.now() - GRANTS_KEPT_MS),
    ]).catch((error: unknown) => log.warn('expired sessions and tokens not removed', { error: describeError(error) }));
  }, SWEEP_EVERY_MS);
  const steps = createSteps(log);
  steps.add('the database', () => store.close(STORE_CLOSES_WITHIN_MS), {
    withinMs: () => STORE_CLOSES_WITHIN_MS + STEP_WITHIN_MS,
    saves: true,
  });
  steps.add('counted refusals', () => Promise.all([counted.close(2 * STEP_WITHIN_MS), marking]), {
    withinMs: () => 3 * STEP_WITHIN_MS,
  });
  steps.add('what only asks', async () => {
    clearInterval(sweep);
    clearInterval(recordCounted);
    await Promise.all([rights.close(), health.close(), metrics?.close()]);
  });
  return {
    store,
    gateway,
    workerLost(worker) {
      store.workerLost(worker);
      lost.push(worker);
      mark();
    },
    close: steps.close,
  };
}
