import { MoreThan } from 'typeorm';
import type { CredentialChanges, CredentialStore } from '#identity';
import type { Database } from './database.ts';
import { CredentialChangeEntity } from './entities/credential-change.ts';
import type { RevisionWatcher } from './revision-watcher.ts';
import { CHANGES_KEPT, EVERYONE, MOST_AFFECTED, readRevision } from './revision.ts';

/** Reads the people affected by changes of sessions, access tokens and people. */
export function createCredentialStore(database: Database, watcher: RevisionWatcher): CredentialStore {
  return {
    changesSince: (since) =>
      database.transaction(
        async (manager): Promise<CredentialChanges> => {
          const revision = await readRevision(manager, 'credentials');
          if (revision === since) return { revision, affected: [] };
          // A restored backup has a lower revision.
          if (revision < since || revision - since > CHANGES_KEPT) return { revision, affected: 'everyone' };
          const rows = await manager.find(CredentialChangeEntity, {
            where: { revision: MoreThan(since) },
            take: MOST_AFFECTED + 1,
          });
          // Every change has a row: none means that somebody wrote past the store.
          const isEveryone =
            rows.length === 0 ||
            rows.length > MOST_AFFECTED ||
            rows.some(({ issuerUrl }) => issuerUrl === EVERYONE.issuerUrl);
          return { revision, affected: isEveryone ? 'everyone' : rows };
        },
        { snapshot: true },
      ),
    onChange: (listener) => watcher.onChange(listener),
  };
}
