import { z } from 'zod';
import { about } from './key-meta.ts';

/** `host:port`; IPv6 in brackets. */
const HOST_AND_PORT =
  /^(?:\[[0-9a-fA-F:.]+\]|[A-Za-z0-9.-]+):(?:6553[0-5]|655[0-2]\d|65[0-4]\d\d|6[0-4]\d{3}|[0-5]?\d{1,4})$/;

/** The second listener. */
export const metricsSchema = z
  .strictObject({
    listen: z
      .string()
      .refine((value) => value === 'off' || HOST_AND_PORT.test(value), 'must be host:port like 127.0.0.1:9443, or off')
      .optional()
      .meta(
        about({
          description:
            'Where metrics are served to Prometheus, over plain HTTP: `http://<this>/metrics`. Never the public port; no person’s name is in them. `off` for nowhere.',
          defaultText: '`127.0.0.1:9443`; nowhere, with a warning, where that port is taken',
          example: '127.0.0.1:9443',
        }),
      ),
    insecureProfiling: z
      .boolean()
      .default(false)
      .meta(
        about({
          description:
            'Serve CPU profiles and heap snapshots there, too. A heap snapshot holds every token and key that is in memory. Only on a loopback address.',
        }),
      ),
  })
  .prefault({});
