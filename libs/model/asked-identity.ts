import type { Extra } from './grant.ts';

/** As whom a client asks to act (`kubectl --as`), read from `Impersonate-*`. `user` is never empty. */
export interface AskedIdentity {
  readonly user: string;
  readonly groups: readonly string[];
  readonly uid: string | undefined;
  readonly extra: Extra;
}
