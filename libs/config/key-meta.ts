import { z } from 'zod';

/** What the reference says beside the description. */
export type KeyMeta = {
  readonly description: string;
  /** Where the default is no constant. */
  readonly defaultText?: string;
  /** Printed as [redacted]. */
  readonly secret?: boolean;
  /** Not accepted in the file, which is read by many and kept in version control. */
  readonly environmentOnly?: boolean;
  /** Relative ones are resolved: against the file's folder, or against the working directory from the environment. */
  readonly pathKind?: 'file' | 'directory';
  readonly example?: unknown;
};

export const about = (meta: KeyMeta): KeyMeta => meta;
export const text = z.string().min(1);
export const seconds = (max: number) => z.int().min(1).max(max);
/** How many of something; 0 is no limit. */
export const most = (fallback: number) => z.int().min(0).max(10_000_000).default(fallback);
