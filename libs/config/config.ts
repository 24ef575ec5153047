import type { z } from 'zod';
import type { configSchema } from './schema.ts';

type Parsed = z.output<typeof configSchema>;

/** The whole configuration: validated, defaults filled, paths absolute, frozen. Secrets do not print. */
export type Config = Omit<Parsed, 'externalUrl' | 'workers'> & {
  /** Origin only: scheme, host, port unless it is the scheme's own; no trailing slash. */
  readonly externalUrl: string;
  readonly workers: number;
};
