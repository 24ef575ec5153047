import { In, LessThan, LessThanOrEqual, type EntityManager, type FindOptionsWhere } from 'typeorm';
import type { LoginGrant, LoginGrantStore } from '#login';
import type { Database } from './database.ts';
import { LoginGrantEntity, type LoginGrantRow } from './entities/login-grant.ts';

/** What programs ask people for, until it is redeemed or has ended; by the SHA-256 of each code. */
export function createLoginGrantStore(database: Database): LoginGrantStore {
  return {
    createGrant: async ({ owner, ...grant }, room) =>
      await database.transaction(async (manager) => {
        if (room) {
          await lockForCounting(database, manager);
          const { source, maxOfSource, max } = room;
          const nowMs = grant.createdAtMs;
          if (!(await hasRoom(manager, { kind: 'device', source }, maxOfSource, nowMs))) return 'fullOfSource';
          if (!(await hasRoom(manager, { kind: 'device' }, max, nowMs))) return 'full';
        }
        await manager.insert(LoginGrantEntity, {
          ...grant,
          source: room?.source ?? grant.sourceAddress,
          userCodeDigest: grant.userCodeDigest ?? null,
          redirectUri: grant.redirectUri ?? null,
          challenge: grant.challenge ?? null,
          issuer: owner?.issuer ?? null,
          issuerUrl: owner?.issuerUrl ?? null,
          subject: owner?.subject ?? null,
          username: owner?.username ?? null,
          polledAtMs: null,
        });
        return 'created';
      }),
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

/** Two replicas that count side by side would each let in the last one. */
async function lockForCounting(database: Database, manager: EntityManager): Promise<void> {
  await manager.query(
    database.engine === 'postgres'
      ? "SELECT pg_advisory_xact_lock(hashtext('gatehouse login_grants'))"
      : // Takes the file for writing before anything is read.
        'UPDATE login_grants SET state = state WHERE id IS NULL',
  );
}

/** Whether one more may be stored of those; removes as many expired ones as that needs. */
async function hasRoom(
  manager: EntityManager,
  those: FindOptionsWhere<LoginGrantRow>,
  max: number,
  nowMs: number,
): Promise<boolean> {
  if (max === 0) return true;
  const surplus = (await manager.countBy(LoginGrantEntity, those)) - max + 1;
  if (surplus <= 0) return true;
  const expired = await manager.find(LoginGrantEntity, {
    select: { id: true },
    where: { ...those, expiresAtMs: LessThanOrEqual(nowMs) },
    order: { expiresAtMs: 'ASC' },
    take: surplus,
  });
  if (expired.length > 0) await manager.delete(LoginGrantEntity, { id: In(expired.map(({ id }) => id)) });
  return expired.length === surplus;
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
