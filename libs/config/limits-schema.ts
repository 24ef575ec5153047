import { z } from 'zod';
import { ruleSchema } from '#resources';
import { about, most, seconds } from './key-meta.ts';

type RuleInput = z.input<typeof ruleSchema>;

/** The requests whose record is saved before they are sent, where nothing else is configured. */
const RECORD_FIRST: RuleInput[] = [
  { verbs: ['create', 'update', 'patch', 'delete', 'deletecollection'], apiGroups: ['*'], resources: ['*'] },
  { verbs: ['get', 'list', 'watch'], apiGroups: [''], resources: ['secrets'] },
  // What has no such verb: non-resource URLs, and OPTIONS on what is proxied.
  { methods: ['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'], paths: ['/**'] },
];

/** Questions about oneself, which change nothing. */
const RECORD_FIRST_EXCEPT: RuleInput[] = [
  {
    verbs: ['create'],
    apiGroups: ['authorization.k8s.io'],
    resources: ['selfsubjectaccessreviews', 'selfsubjectrulesreviews'],
  },
  { verbs: ['create'], apiGroups: ['authentication.k8s.io'], resources: ['selfsubjectreviews'] },
];

/** The gateway warns where the configuration holds less. */
export const RECORD_FIRST_BY_DEFAULT = { recordFirst: RECORD_FIRST, recordFirstExcept: RECORD_FIRST_EXCEPT };

/** The audit log: what is recorded when, what waits in memory, and what is counted instead of recorded. */
export const auditSchema = z
  .strictObject({
    maxQueuedRecords: z
      .int()
      .min(100)
      .max(10_000_000)
      .default(100_000)
      .meta(
        about({
          description: 'Audit records kept in memory while they are not saved. When it is full, API paths answer 503.',
        }),
      ),
    flushIntervalMilliseconds: z
      .int()
      .min(1)
      .max(60_000)
      .default(20)
      .meta(about({ description: 'How long a record waits for others to be written with.' })),
    recordFirst: z
      .array(ruleSchema)
      .default(RECORD_FIRST)
      .meta(
        about({
          description:
            'Requests whose record is saved before they are sent or carried out, as rules in the words of an AccessRule; `*` holds proxies too. exec, attach, port-forward, every upgrade and the verb `proxy` count as `create`. All other reads are recorded within `flushIntervalMilliseconds`. The gateway warns at each start where this holds less than the default.',
          defaultText: 'writes, reads of Secrets, and every method but GET and HEAD (see the example)',
        }),
      ),
    recordFirstExcept: z
      .array(ruleSchema)
      .default(RECORD_FIRST_EXCEPT)
      .meta(
        about({
          description:
            'What `recordFirst` leaves out. The gateway warns at each start where this holds more than the default.',
          defaultText: 'self reviews (see the example)',
        }),
      ),
    writeWaitSeconds: seconds(60)
      .default(2)
      .meta(
        about({
          description:
            'How long a request waits for its record to be saved, and a reader of the audit log for those of others. Then it is answered 503 with `Retry-After`, and nothing has been sent.',
        }),
      ),
    maxUnsavedAgeSeconds: seconds(3600)
      .default(5)
      .meta(
        about({
          description:
            'How old the oldest unsaved record may become, whether the database fails or hangs. From then on API paths answer 503, until it can be written again.',
        }),
      ),
    readinessFailAfterSeconds: seconds(3600)
      .default(5)
      .meta(
        about({
          description:
            'How long the database may not be writable before `/-/readyz` says so. Longer than the stalls of a database that all replicas share (a failover), which would take all of them out.',
        }),
      ),
    readinessRecoverAfterSeconds: z
      .int()
      .min(0)
      .max(3600)
      .default(2)
      .meta(about({ description: 'How long it must have been writable before `/-/readyz` is ready again.' })),
    probeIntervalMilliseconds: z
      .int()
      .min(100)
      .max(60_000)
      .default(1_000)
      .meta(
        about({
          description:
            'How often one row of the database is written to find out whether it can be, while no records are saved that show it.',
        }),
      ),
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
    maxUpstreamConnections: z
      .int()
      .min(8)
      .max(10_000)
      .default(256)
      .meta(
        about({
          description:
            'Connections that one worker keeps to one cluster for requests that are not long-running, for reads and for writes each. One person gets half of them at most, and less where others want some, so that there is always one for somebody else.',
        }),
      ),
    maxWaitingRequests: most(5_000).meta(
      about({
        description:
          'Requests that may wait in one worker for such a connection to one cluster, for reads and for writes each. One more is refused with 429: the newest of the person with the most. 0: no limit.',
      }),
    ),
    loginsPerMinutePerSource: most(120).meta(
      about({
        description:
          'Browser logins that one address (IPv6: one /64) may begin a minute; more are answered with 429. 0: no limit.',
      }),
    ),
    unknownCredentialsPerMinutePerSource: most(600).meta(
      about({
        description:
          'Credentials that nobody has (made-up access tokens, session cookies, codes of a program’s login) that are looked up in the database for one address (IPv6: one /64) a minute; more are answered with 429, but for a few. Credentials that are good never count. 0: no limit.',
      }),
    ),
    unknownCredentialsPerMinute: most(6_000).meta(
      about({ description: 'The same for all addresses together. 0: no limit.' }),
    ),
    maxDeviceLoginsPerSource: most(200).meta(
      about({
        description:
          'Logins of programs by device code that one address (IPv6: one /64) may have waiting, each for ten minutes at the most; one more is refused in words. 0: no limit.',
      }),
    ),
    maxDeviceLogins: most(10_000).meta(about({ description: 'The same for all addresses together. 0: no limit.' })),
    maxConnectionsPerSource: most(0).meta(
      about({
        description:
          'Connections that one address (IPv6: one /64) may have open; more are closed unanswered. Does not count for `trustedProxies`. 0: no limit, since an address may be a whole office.',
      }),
    ),
  })
  .prefault({});
