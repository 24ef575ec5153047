import type { AuditRecord } from '#model';
import { encodeAuditBatch } from './audit-batch.ts';
import { closeWithin } from './close-within.ts';
import type { Change, Changing } from './revision.ts';
import type { Sealer } from './sealer.ts';
import type { RemotePort, Store, StoreCall } from './store.ts';

/** Ports that are called across threads and processes, with their methods. All take and give plain data. */
export const REMOTE = {
  objects: ['list', 'get', 'create', 'update', 'delete', 'renameCluster', 'revision', 'readAll'],
  secrets: ['read'],
  audit: ['append', 'list', 'get', 'useOfRules', 'completeAbandoned', 'probe'],
  sessions: [
    'create',
    'find',
    'findMany',
    'list',
    'end',
    'claimsOf',
    'tokensOf',
    'dueForRefresh',
    'leaseRefresh',
    'finishRefresh',
    'postponeRefresh',
    'claimLogoutToken',
    'delete',
    'noteSessionsUsed',
    'deleteExpired',
  ],
  storedTokens: ['save', 'find', 'list', 'delete', 'noteStoredTokensUsed', 'suspendForCluster'],
  accessTokens: [
    'createAccessToken',
    'findAccessToken',
    'findAccessTokens',
    'listAccessTokens',
    'claimsOfAccessTokens',
    'deleteAccessToken',
    'noteAccessTokensUsed',
    'deleteExpiredAccessTokens',
  ],
  users: ['noteSeen', 'listUsers', 'getUser', 'setDisabled', 'listDisabled'],
  credentials: ['changesSince'],
  loginGrants: [
    'createGrant',
    'findGrantByUserCode',
    'settleGrant',
    'pollGrant',
    'takeGrant',
    'deleteGrantsEndedBefore',
  ],
  sealing: ['countSealed', 'resealSome', 'discardLost', 'forgetUnusedKeys'],
} as const satisfies { [Port in RemotePort]: readonly Exclude<keyof Store[Port], 'onChange'>[] };

export interface RemoteStoreParts {
  call(call: StoreCall): Promise<unknown>;
  onChange(listener: (change: Change) => void): () => void;
  readonly sealer: Sealer;
  readonly schemaVersion: string;
  readonly lost: Promise<Error>;
  close(): Promise<void>;
}

/** A store whose ports are called elsewhere: in SQLite's thread, or through the supervisor. */
export function createRemoteStore(parts: RemoteStoreParts): Store {
  const remote = <Port extends RemotePort>(port: Port): Store[Port] =>
    Object.fromEntries(
      REMOTE[port].map((method) => [method, (...args: unknown[]) => parts.call({ port, method, args })]),
    ) as unknown as Store[Port];
  const onChangeOf = (of: Changing) => (listener: (revision: number) => void) =>
    parts.onChange((change) => {
      if (change.of === of) listener(change.revision);
    });
  // Encoding takes turns with requests; what was appended before a close is saved before it.
  let encoding: Promise<void> = Promise.resolve();
  // Gives nothing: a promise for what both gave would hold every batch that there ever was.
  const untilBoth = async (...both: readonly Promise<unknown>[]): Promise<void> => {
    await Promise.allSettled(both);
  };
  return {
    objects: { ...remote('objects'), onChange: onChangeOf('configuration') },
    secrets: remote('secrets'),
    audit: {
      ...remote('audit'),
      append: async (records: readonly AuditRecord[]) => {
        if (records.length === 0) return;
        const batch = encodeAuditBatch(records);
        encoding = untilBoth(encoding, batch);
        await parts.call({ port: 'audit', method: 'appendBatches', args: [[await batch]] });
      },
    },
    sessions: remote('sessions'),
    storedTokens: remote('storedTokens'),
    accessTokens: remote('accessTokens'),
    users: remote('users'),
    credentials: { ...remote('credentials'), onChange: onChangeOf('credentials') },
    sealing: remote('sealing'),
    loginGrants: remote('loginGrants'),
    sealer: parts.sealer,
    schemaVersion: parts.schemaVersion,
    engine: 'sqlite',
    lost: parts.lost,
    close: (withinMs) => closeWithin(withinMs, encoding.then(parts.close)),
  };
}
