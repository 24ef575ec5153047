import { z } from 'zod';
import { about, seconds } from './key-meta.ts';

/** How long each step may take. */
export const timeoutsSchema = z
  .strictObject({
    shortRequestSeconds: seconds(3600)
      .default(60)
      .meta(
        about({
          description:
            'For requests that are not long-running (watch, logs, exec, proxy …): how long the client may take to send its body, the cluster to begin its answer, and between two pieces of that.',
        }),
      ),
    stalledReaderSeconds: seconds(3600)
      .default(60)
      .meta(
        about({
          description:
            'How long a client may read nothing of a response that waits for it, before it is cut and its connection to the cluster serves others. Requests that run long may rest as long as they like.',
        }),
      ),
    contendedStallSeconds: seconds(3600)
      .default(10)
      .meta(
        about({
          description:
            'How long a client may hold up a connection to the cluster, by not reading a response or not sending a body, while another person waits for one and holds fewer; then it is cut. Nobody is cut before `stalledReaderSeconds` while nobody waits.',
        }),
      ),
    stalledStreamSeconds: seconds(86_400)
      .default(3600)
      .meta(
        about({
          description:
            'When one side of an exec, attach, port-forward or another upgrade has ended: how long the other may read nothing of what was sent before (`kubectl exec … | less`). Counted from the last byte that it took.',
        }),
      ),
    headersSeconds: seconds(300)
      .default(30)
      .meta(
        about({
          description: 'How long a client may take for the TLS handshake, and to send the headers of a request.',
        }),
      ),
    idleConnectionSeconds: seconds(86_400)
      .default(620)
      .meta(
        about({
          description:
            'How long a connection may stay open between two requests. Longer than the load balancer before the gateway keeps its own, or clients see resets.',
        }),
      ),
    connectSeconds: seconds(300)
      .default(10)
      .meta(about({ description: 'How long connecting to a cluster may take.' })),
    shutdownGraceSeconds: z
      .int()
      .min(0)
      .max(3600)
      .default(10)
      .meta(about({ description: 'How long open requests may go on after SIGTERM.' })),
  })
  .prefault({});
