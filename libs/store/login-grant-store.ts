import { LessThan } from 'typeorm';
import type { LoginGrant, LoginGrantStore } from '#login';
import type { Database } from './database.ts';
import { LoginGrantEntity, type LoginGrantRow } from './entities/login-grant.ts';

/** What programs ask people for, until it is redeemed or has ended; by the SHA-256 of each code. */
export function createLoginGrantStore(database: Database): LoginGrantStore {
  return {
    createGrant: async ({ owner, ...grant }) => {
      await database.run((manager) =>
        manager.insert(LoginGrantEntity, {
          ...grant,
          userCodeDigest: grant.userCodeDigest ?? null,
          redirectUri: grant.redirectUri ?? null,
          challenge: grant.challenge ?? null,
          issuer: owner?.issuer ?? null,
          issuerUrl: owner?.issuerUrl ?? null,
          subject: owner?.subject ?? null,
          username: owner?.username ?? null,
          polledAtMs: null,
        }),
      );
    },
    findGrantByUserCode: async (userCodeDigest) => {
      const row = await database.run((manager) => manager.findOneBy(LoginGrantEntity, { userCodeDigest }));
      return row ? fromRow(row) : undefined;
    },
    settleGrant: async (id, state, { issuer, issuerUrl, subject, username }) => {
      const { affected } = await database.run((manager) =>
        manager.update(LoginGrantEntity, { id, state: 'pending' }, { state, issuer, issuerUrl, subject, username }),
      );
      return affected === 1;
    },
    pollGrant: async (digest, nowMs) =>
      await database.transaction(async (manager) => {
        // Written first: it takes the row (PostgreSQL) or the file (SQLite), so that two polls see one another.
        await manager.query(
          database.engine === 'postgres'
            ? 'UPDATE login_grants SET state = state WHERE digest = $1'
            : 'UPDATE login_grants SET state = state WHERE digest = ?',
          [digest],
        );
        const row = await manager.findOneBy(LoginGrantEntity, { digest });
        if (!row) return undefined;
        await manager.update(LoginGrantEntity, { id: row.id }, { polledAtMs: nowMs });
        return fromRow(row);
      }),
    takeGrant: async (id) => {
      const { affected } = await database.run((manager) => manager.delete(LoginGrantEntity, { id, state: 'approved' }));
      return affected === 1;
    },
    deleteGrantsEndedBefore: async (ms) => {
      await database.run((manager) => manager.delete(LoginGrantEntity, { expiresAtMs: LessThan(ms) }));
    },
  };
}

function fromRow(row: LoginGrantRow): LoginGrant {
  const { id, kind, state, clientId, clientName, sourceAddress, redirectUri, challenge, polledAtMs } = row;
  const { issuer, issuerUrl, subject, username, createdAtMs, expiresAtMs } = row;
  return {
    id,
    kind: kind as LoginGrant['kind'],
    state: state as LoginGrant['state'],
    clientId,
    clientName,
    sourceAddress,
    redirectUri: redirectUri ?? undefined,
    challenge: challenge ?? undefined,
    owner:
      issuer !== null && issuerUrl !== null && subject !== null && username !== null
        ? { issuer, issuerUrl, subject, username }
        : undefined,
    createdAtMs,
    expiresAtMs,
    polledAtMs: polledAtMs ?? undefined,
  };
}
