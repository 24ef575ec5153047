import type { Config } from '#config';
import { readEncryptionKeys, type SealedCount } from '#store';
import { CliFailure } from '../failure.ts';
import { keySourceOf, withStore } from '../open-gateway.ts';
import { recordAct } from '../record-act.ts';
import type { Terminal } from '../terminal.ts';

const MEND: Readonly<Record<SealedCount['what'], string>> = {
  'credentials and client secrets': 'apply the clusters and issuers again with theirs',
  'stored tokens': 'people enter theirs again',
  sessions: 'people log in again',
  'provider’s tokens of sessions': 'people log in again when they are to be renewed',
  'people’s claims': 'known again at the next login; until then access tokens act without groups',
};

/** @throws CliFailure where something is lost and nobody has said `--yes`. */
export async function discardLost(terminal: Terminal, config: Config, yes: boolean): Promise<void> {
  if (readEncryptionKeys(keySourceOf(config)) === undefined && !yes)
    terminal.say('there is no encryption key; with --yes a new one is made (SQLite)');
  await withStore(
    terminal,
    config,
    async (store) => {
      const ids = new Set(readEncryptionKeys(keySourceOf(config))?.map(({ keyId }) => keyId));
      const lost = (await store.sealing.countSealed()).filter(({ keyId }) => !ids.has(keyId));
      if (lost.length === 0) return terminal.out('nothing is lost');
      for (const { what, keyId, count } of lost)
        terminal.out(`${count} ${what}, sealed with key ${keyId}: ${MEND[what]}`);
      if (!yes) throw new CliFailure('nothing was deleted; is the key lost for good, run this again with --yes');
      await store.sealing.discardLost();
      await store.sealing.forgetUnusedKeys(terminal.now());
      terminal.out('deleted; clusters, issuers, mappings, rules, people and the audit log are as before');
      await recordAct(
        store,
        {
          verb: 'delete',
          resource: 'keys',
          name: lost.map(({ keyId }) => keyId).join(),
          reason: 'gatehouse keys discard-lost',
        },
        terminal.now(),
      );
    },
    { allowLostKey: true },
  );
}
