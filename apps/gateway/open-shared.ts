import { join } from 'node:path';
import type { Config } from '#config';
import { uuidV7 } from '#pipeline';
import { openStore, type Store } from '#store';
import { applyManifestsAtBoot } from './apply-manifests-at-boot.ts';
import type { Log } from './log.ts';
import { createStateClaims } from './login/claim-states.ts';
import type { MetricsListener } from './metrics/open-metrics-listener.ts';
import { serveMetrics } from './metrics/serve-metrics.ts';
import { createCountedRefusalRecorder } from './record-counted-refusals.ts';
import { ensureServingCertificate } from './serving-certificate.ts';
import type { WorkersLink } from './workers/link.ts';
import { APPLY_EVERYWHERE, CLAIM_STATE, LAST_REFUSALS, REFRESH_SNAPSHOT, TAKE_REFUSALS } from './workers/topics.ts';

/** What a gateway has once, however many workers serve. */
export interface Shared {
  readonly store: Store;
  close(): Promise<void>;
}

const SWEEP_EVERY_MS = 60_000;
/** Longer than any compile takes; a worker that hangs must not hold every admin's change. */
const APPLY_WITHIN_MS = 2_000;
const COUNT_WITHIN_MS = 2_000;

/**
 * Opens it, before any worker starts: schema, encryption key, manifests and certificate are settled here, and whatever
 * is wrong with them is said once.
 * @throws StoreStartError, GatehouseError; nothing is left open then.
 */
export async function openShared(config: Config, log: Log, workers: WorkersLink): Promise<Shared> {
  const store = await openStore({
    databaseUrl: config.databaseUrl,
    sqlitePath: join(config.dataDirectory, 'gatehouse.db'),
    // A key file beside the database is a default for one machine only; replicas must all be given the same key.
    key: {
      base64: config.encryptionKey,
      file: config.encryptionKeyFile ?? (config.databaseUrl ? undefined : join(config.dataDirectory, 'encryption.key')),
    },
    log,
  });
  let metrics: MetricsListener | undefined;
  try {
    metrics = await serveMetrics(config, { workers, log, alone: true });
    if (config.manifestsDirectory) await applyManifestsAtBoot(config.manifestsDirectory, store.objects, log);
    await ensureServingCertificate(config, log);
  } catch (error) {
    await metrics?.close();
    await store.close();
    throw error;
  }
  workers.answer(CLAIM_STATE, createStateClaims());
  workers.answer(APPLY_EVERYWHERE, async () => {
    const { failed } = await workers.askAll(REFRESH_SNAPSHOT, undefined, APPLY_WITHIN_MS);
    for (const { worker, error } of failed)
      log.warn('a worker has not confirmed a configuration change', { worker, error: error.message });
  });
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
  const sweep = setInterval(
    () =>
      void store.sessions
        .deleteExpired(Date.now())
        .catch((error: unknown) => log.warn('expired sessions not removed', { error: String(error) })),
    SWEEP_EVERY_MS,
  );
  return {
    store,
    async close() {
      clearInterval(sweep);
      clearInterval(recordCounted);
      await counted.flush();
      await metrics?.close();
      await store.close();
    },
  };
}
