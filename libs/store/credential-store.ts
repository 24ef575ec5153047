import { MoreThan } from 'typeorm';
import type { CredentialChanges, CredentialStore } from '#identity';
import type { Database } from './database.ts';
import { CredentialChangeEntity } from './entities/credential-change.ts';
import type { RevisionWatcher } from './revision-watcher.ts';
import { CHANGES_KEPT, EVERYONE, MOST_CONCERNED, readRevision } from './revision.ts';

/** Whom the changes of sessions, access tokens and people since a revision concern. */
export function createCredentialStore(database: Database, watcher: RevisionWatcher): CredentialStore {
  return {
    changesSince: (since) =>
      database.transaction(
        async (manager): Promise<CredentialChanges> => {
          const revision = await readRevision(manager, 'credentials');
          if (revision === since) return { revision, concerned: [] };
          // Less where a backup was restored.
          if (revision < since || revision - since > CHANGES_KEPT) return { revision, concerned: 'everyone' };
          const rows = await manager.find(CredentialChangeEntity, {
            where: { revision: MoreThan(since) },
            take: MOST_CONCERNED + 1,
          });
          const isEveryone =
            rows.length > MOST_CONCERNED || rows.some(({ issuerUrl }) => issuerUrl === EVERYONE.issuerUrl);
          return { revision, concerned: isEveryone ? 'everyone' : rows };
        },
        { snapshot: true },
      ),
    onChange: (listener) => watcher.onChange(listener),
  };
}
