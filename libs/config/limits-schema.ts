import { z } from 'zod';
import { about, most, seconds } from './key-meta.ts';

/** The audit log: what waits in memory, and what is counted instead of recorded. */
export const auditSchema = z
  .strictObject({
    maxQueuedRecords: z
      .int()
      .min(100)
      .max(10_000_000)
      .default(100_000)
      .meta(
        about({
          description:
            'Audit records kept in memory while the database cannot be written. When it is full, API paths answer 503.',
        }),
      ),
    flushIntervalMilliseconds: z
      .int()
      .min(1)
      .max(60_000)
      .default(20)
      .meta(about({ description: 'How long a record waits for others to be written with.' })),
    refusalBurstPerSource: z
      .int()
      .min(1)
      .max(1_000_000)
      .default(1_000)
      .meta(
        about({
          description:
            'Requests that may be refused before anybody is identified (no or bad credential, host or bytes) and are each recorded, for one address (IPv6: one /64); ten times as many for all addresses. More are counted: one record for each address and interval.',
        }),
      ),
    refusalsPerMinutePerSource: z
      .int()
      .min(0)
      .max(1_000_000)
      .default(60)
      .meta(about({ description: 'How fast that allowance comes back.' })),
    refusalIntervalSeconds: seconds(3600)
      .default(60)
      .meta(about({ description: 'How often the counted ones are recorded.' })),
  })
  .prefault({});

/** What one person, one address and all together may take. 0 is no limit, everywhere. */
export const limitsSchema = z
  .strictObject({
    maxStreamsPerPerson: most(2_000).meta(
      about({
        description:
          'Long-running requests (watch, logs, exec, attach, port-forward, proxy) that one person may hold open, with all their tokens and sessions together; one more is answered with 429. kubectl, k9s and informers hold one for each kind that they watch. 0: no limit.',
      }),
    ),
    maxStreams: most(20_000).meta(
      about({ description: 'Long-running requests that may be open at all. 0: no limit.' }),
    ),
    maxRequestsInFlightPerPerson: most(2_500).meta(
      about({ description: 'Other requests of one person that may be under way at a time. 0: no limit.' }),
    ),
    maxRequestsInFlight: most(10_000).meta(
      about({ description: 'Other requests that may be under way at a time. 0: no limit.' }),
    ),
    maxBodyBytes: z
      .int()
      .min(0)
      .max(Number.MAX_SAFE_INTEGER)
      .default(0)
      .meta(
        about({
          description:
            'Bytes of a request body, whatever it is sent to; more is answered with 413. 0: no limit but that of the cluster (3 MiB for its resources, none for what it proxies).',
        }),
      ),
    loginsPerMinutePerSource: most(120).meta(
      about({
        description:
          'Browser logins that one address (IPv6: one /64) may begin a minute; more are answered with 429. 0: no limit.',
      }),
    ),
    maxConnectionsPerSource: most(0).meta(
      about({
        description:
          'Connections that one address (IPv6: one /64) may have open; more are closed unanswered. Does not count for `trustedProxies`. 0: no limit, since an address may be a whole office.',
      }),
    ),
  })
  .prefault({});
