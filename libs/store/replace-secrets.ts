import type { EntityManager } from 'typeorm';
import type { SplitSecret } from '#resources';
import type { ObjectRow } from './entities/object.ts';
import { SecretEntity, type SecretRow } from './entities/secret.ts';
import { secretContext } from './secret-store.ts';
import type { Sealer } from './sealer.ts';

interface Parts {
  readonly sealer: Sealer;
  now(): number;
}

/**
 * Brings the secrets of an object in line with what it now is, and says whether anything changed.
 * New secrets replace all old ones. Without new ones the old stay only while binding and kind of credential are the
 * same: else whoever may edit a server's address could have the old credential sent to a server of their own.
 */
export async function replaceSecrets(
  parts: Parts,
  manager: EntityManager,
  after: ObjectRow,
  before: ObjectRow | undefined,
  binding: string,
  secrets: readonly SplitSecret[],
): Promise<boolean> {
  const stored = before ? await manager.findBy(SecretEntity, { objectUid: after.uid }) : [];
  const stale =
    secrets.length > 0
      ? stored.filter((row) => !secrets.some((secret) => isSame(parts.sealer, row, secret)))
      : stored.filter((row) => row.binding !== binding || purposeOf(before?.spec) !== purposeOf(after.spec));
  const fresh = secrets.filter((secret) => !stored.some((row) => isSame(parts.sealer, row, secret)));
  for (const row of stale) await manager.delete(SecretEntity, { objectUid: row.objectUid, field: row.field });
  for (const secret of fresh) await manager.insert(SecretEntity, seal(parts, after, secret));
  return stale.length > 0 || fresh.length > 0;
}

/** What the secret is for: the kind of a cluster's credential, or the client of an issuer's login. */
function purposeOf(spec: unknown): string | undefined {
  const { credential, login } = (spec ?? {}) as { credential?: { type?: string }; login?: { clientID?: string } };
  return credential?.type ?? login?.clientID;
}

function seal(parts: Parts, { uid, kind }: ObjectRow, { field, binding, clear }: SplitSecret): SecretRow {
  const sealed = parts.sealer.seal(clear, secretContext(uid, field, binding));
  return { objectUid: uid, field, kind, binding, sealed, updatedAtMs: parts.now() };
}

/** The same value again (a manifest applied at every start) is no change. A row that does not open is replaced. */
function isSame(sealer: Sealer, row: SecretRow, secret: SplitSecret): boolean {
  if (row.field !== secret.field || row.binding !== secret.binding) return false;
  try {
    return sealer.open(row.sealed, secretContext(row.objectUid, row.field, row.binding)) === secret.clear;
  } catch {
    return false;
  }
}
