import { isIP } from 'node:net';
import { z } from 'zod';
import { about, seconds, text } from './key-meta.ts';
import { auditSchema, limitsSchema } from './limits-schema.ts';
import { metricsSchema } from './metrics-schema.ts';
import { timeoutsSchema } from './timeouts-schema.ts';

const HOST =
  /^(?:\[[0-9a-fA-F:.]+\]|[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*)(?::\d{1,5})?$/;

function isAddressOrRange(value: string): boolean {
  const [address = '', prefix, ...more] = value.split('/');
  const family = isIP(address);
  if (family === 0 || more.length > 0) return false;
  // A range of everybody would let every client write its own source address.
  return (
    prefix === undefined ||
    (/^\d{1,3}$/.test(prefix) && Number(prefix) >= 1 && Number(prefix) <= (family === 4 ? 32 : 128))
  );
}

/** The one schema of gatehouse.yaml and GATEHOUSE_*; docs/configuration.md is generated from it. */
export const configSchema = z.strictObject({
  listen: z
    .strictObject({
      host: z
        .string()
        .refine(
          (host) => isIP(host) !== 0 || (HOST.test(host) && !/:\d+$/.test(host)),
          'must be an IP address or a host name',
        )
        .default('127.0.0.1')
        .meta(
          about({ description: 'Address that the public listener binds to. `0.0.0.0` or `::` for every interface.' }),
        ),
      port: z
        .int()
        .min(1)
        .max(65_535)
        .default(8443)
        .meta(about({ description: 'Port of the public listener.' })),
    })
    .prefault({}),
  workers: z
    .int()
    .min(1)
    .max(256)
    .optional()
    .meta(
      about({
        description:
          'Processes that serve, all on the one port. With 1 everything is one process; with more, one beside them supervises.',
        defaultText: 'the number of cores; `1` where the system cannot share a port (macOS, Windows)',
        example: 2,
      }),
    ),
  externalUrl: text.optional().meta(
    about({
      description:
        'The address that people use, scheme and host and port only. Login callbacks, cookies and kubeconfigs are made from it, never from the `Host` header.',
      defaultText: '`https://<listen.host>:<listen.port>`; `127.0.0.1` where the host is every interface',
      example: 'https://gatehouse.example.com',
    }),
  ),
  allowedHosts: z
    .array(z.string().regex(HOST, 'must be a host or host:port in lower case, without a scheme'))
    .default([])
    .meta(
      about({
        description:
          'More hosts (`host` or `host:port`) that the gateway answers for. The host of `externalUrl` always counts; any other is answered with 421.',
        example: ['gatehouse.internal'],
      }),
    ),
  tls: z
    .strictObject({
      certFile: text.optional().meta(
        about({
          description: 'Certificate chain (PEM). Read again when it changes.',
          defaultText: 'a self-signed pair, made in `<dataDirectory>/tls` at the first start',
          pathKind: 'file',
          example: '/etc/gatehouse/tls.crt',
        }),
      ),
      keyFile: text.optional().meta(
        about({
          description: 'Private key of `certFile` (PEM).',
          defaultText: 'as `certFile`',
          pathKind: 'file',
          example: '/etc/gatehouse/tls.key',
        }),
      ),
      disabled: z
        .boolean()
        .default(false)
        .meta(
          about({
            description:
              'Serve plain HTTP. Accepted only on a loopback `listen.host`, or behind `trustedProxies` with an https `externalUrl`.',
          }),
        ),
    })
    .prefault({}),
  trustedProxies: z
    .array(z.string().refine(isAddressOrRange, 'must be an IP address or a range like 10.0.0.0/8 (and not everybody)'))
    .default([])
    .meta(
      about({
        description:
          'Addresses or ranges of proxies whose `X-Forwarded-For` is believed. From anybody else it is dropped.',
        example: ['10.0.0.0/8'],
      }),
    ),
  dataDirectory: text.default('./data').meta(
    about({
      description: 'Folder of the SQLite database, the self-signed certificate and the encryption key.',
      pathKind: 'directory',
    }),
  ),
  databaseUrl: text.optional().meta(
    about({
      description: '`postgres://…`: a PostgreSQL database, for many replicas. Needs an encryption key.',
      defaultText: 'SQLite in `<dataDirectory>/gatehouse.db`',
      secret: true,
      example: 'postgres://gatehouse:password@db.example.com/gatehouse',
    }),
  ),
  databaseConnections: z
    .int()
    .min(4)
    .max(1000)
    .default(20)
    .meta(
      about({
        description:
          'Connections to PostgreSQL that one gateway opens at the most, divided among its workers (two each at the least), beside one that listens for changes.',
      }),
    ),
  encryptionKeyFile: text.optional().meta(
    about({
      description:
        'File that holds the base64 of 32 random bytes (`openssl rand -base64 32`), with which secrets in the database are sealed; of several, one a line, the first seals and the others only open. Keep a copy apart from the database.',
      defaultText: '`<dataDirectory>/encryption.key`, made at the first start (with SQLite only)',
      pathKind: 'file',
      example: '/etc/gatehouse/encryption.key',
    }),
  ),
  encryptionKey: text.optional().meta(
    about({
      description: 'The key itself, instead of a file.',
      defaultText: 'none',
      secret: true,
      environmentOnly: true,
    }),
  ),
  manifestsDirectory: text.optional().meta(
    about({
      description: 'Folder of YAML manifests (Cluster, Issuer, Mapping, AccessRule) that are applied at each start.',
      defaultText: 'none',
      pathKind: 'directory',
      example: '/etc/gatehouse/manifests',
    }),
  ),
  session: z
    .strictObject({
      idleTimeoutSeconds: seconds(30 * 86_400)
        .default(3600)
        .meta(about({ description: 'A browser session ends after this time without a request.' })),
      absoluteTimeoutSeconds: seconds(30 * 86_400)
        .default(43_200)
        .meta(about({ description: 'A browser session ends after this time whatever happens.' })),
      refreshIntervalSeconds: seconds(86_400)
        .default(300)
        .meta(
          about({
            description:
              'How old the claims of a browser session may become, where the provider gives refresh tokens: then they are asked for again, and what the provider has taken away is gone.',
          }),
        ),
    })
    .prefault({}),
  accessTokens: z
    .strictObject({
      maxLifetimeSeconds: seconds(5 * 365 * 86_400)
        .default(90 * 86_400)
        .meta(about({ description: 'How long an access token may live at most; each must be given an end.' })),
      loginLifetimeSeconds: seconds(30 * 86_400)
        .default(8 * 3600)
        .meta(
          about({
            description:
              'How long an access token lives that a program gets by a login (`gatehouse login`, device flow) or that stands in a kubeconfig; never longer than `maxLifetimeSeconds`.',
          }),
        ),
    })
    .prefault({}),
  audit: auditSchema,
  inCluster: z
    .strictObject({
      directory: text.default('/var/run/secrets/kubernetes.io/serviceaccount').meta(
        about({
          description:
            'Where a Cluster with credential `inCluster` finds `token` and `ca.crt`. The token is read again as it rotates.',
          pathKind: 'directory',
        }),
      ),
    })
    .prefault({}),
  outbound: z
    .strictObject({
      insecureAllowLoopback: z
        .boolean()
        .default(false)
        .meta(
          about({
            description:
              'Connect to clusters and issuers on this machine also where their name only resolves to it, and let admins register such by the API. What `gatehouse apply` and manifests name as 127.0.0.1, ::1 or localhost is connected to in any case.',
          }),
        ),
    })
    .prefault({}),
  timeouts: timeoutsSchema,
  http: z
    .strictObject({
      ownHttp1: z
        .boolean()
        .default(true)
        .meta(
          about({
            description:
              'Read plain requests and short responses by the gateway’s own HTTP/1.1 code, for about half of the processor time. `false`: Node’s server and undici carry everything.',
          }),
        ),
    })
    .prefault({}),
  limits: limitsSchema,
  metrics: metricsSchema,
  log: z
    .strictObject({
      level: z
        .enum(['debug', 'info', 'warn', 'error'])
        .default('info')
        .meta(about({ description: 'The least level that is logged (JSON lines on standard error).' })),
    })
    .prefault({}),
});
