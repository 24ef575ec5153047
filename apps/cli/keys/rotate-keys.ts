import { chmodSync, closeSync, fsyncSync, openSync, readFileSync, renameSync, writeFileSync, writeSync } from 'node:fs';
import type { Config } from '#config';
import { makeKeyText, readEncryptionKeys, type EncryptionKey, type EncryptionKeySource, type Store } from '#store';
import { CliFailure } from '../failure.ts';
import { keySourceOf, withStore } from '../open-gateway.ts';
import { recordAct } from '../record-act.ts';
import type { Terminal } from '../terminal.ts';

const AT_ONCE = 200;
/** A gateway that runs seals with the new key after two seconds at the latest. */
const SWITCH_MS = 3_000;

/**
 * Seals everything with the first key of the source. With SQLite and one key in a file it makes the new one itself; the
 * former stays in the file until nothing is sealed with it, so that whoever runs opens both all the time.
 * @throws CliFailure where the new key must be given by hand.
 */
export async function rotateKeys(terminal: Terminal, config: Config): Promise<void> {
  const source = keySourceOf(config);
  const before = readEncryptionKeys(source);
  if (before === undefined)
    throw new CliFailure('there is no encryption key yet; the gateway makes one at its first start');
  const ownFile = !config.databaseUrl && !source.base64 ? source.file : undefined;
  if (before.length === 1) {
    if (ownFile === undefined) throw new CliFailure(byHand(config, source));
    replaceFile(ownFile, `${makeKeyText()}\n${readFileSync(ownFile, 'utf8').trim()}\n`);
  }
  const [current, ...former] = readEncryptionKeys(source) as [EncryptionKey, ...EncryptionKey[]];
  terminal.say(
    `the new key is ${current.keyId}; sealing anew what ${former.map(({ keyId }) => keyId).join(', ')} sealed`,
  );
  await withStore(terminal, config, async (store) => {
    let done = await resealAll(store);
    // What a running gateway has sealed meanwhile, before it saw the new key.
    await new Promise((resolve) => setTimeout(resolve, SWITCH_MS));
    done += await resealAll(store);
    if (ownFile !== undefined) keepFormer(terminal, ownFile, current, former);
    else
      terminal.say(
        `nothing is sealed with ${former.map(({ keyId }) => keyId).join(', ')} any more; take it out on every replica`,
      );
    await store.sealing.forgetUnusedKeys(terminal.now());
    terminal.out(`${done} values sealed with key ${current.keyId}`);
    await recordAct(
      store,
      { verb: 'update', resource: 'keys', name: current.keyId, reason: 'gatehouse keys rotate' },
      terminal.now(),
    );
  });
}

async function resealAll(store: Store): Promise<number> {
  let all = 0;
  for (;;) {
    const done = await store.sealing.resealSome(AT_ONCE);
    if (done === 0) return all;
    all += done;
  }
}

/** Former keys open backups of their time: each goes into a file of its own, for whoever keeps those. */
function keepFormer(terminal: Terminal, file: string, current: EncryptionKey, former: readonly EncryptionKey[]): void {
  for (const { key, keyId } of former) {
    const kept = `${file}.${keyId}`;
    writeFileSync(kept, `${key.export().toString('base64')}\n`, { mode: 0o600 });
    terminal.say(`the former key is in ${kept}; it opens older backups, delete it when they are gone`);
  }
  replaceFile(file, `${current.key.export().toString('base64')}\n`);
}

/** Whole or not at all: a gateway reads it in between. */
function replaceFile(file: string, text: string): void {
  const next = `${file}.new`;
  const handle = openSync(next, 'w', 0o600);
  try {
    writeSync(handle, text);
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
  chmodSync(next, 0o600);
  renameSync(next, file);
}

function byHand({ databaseUrl }: Config, { base64 }: EncryptionKeySource): string {
  const where = base64 ? 'GATEHOUSE_ENCRYPTION_KEY' : 'the encryption key file';
  const everywhere = databaseUrl ? ' of every replica' : '';
  const then = base64 ? 'start each again' : 'they are read again while it runs';
  return `give the new key first: put it (openssl rand -base64 32) before the present one in ${where}${everywhere}, apart by a comma or on a line of its own; ${then}. Then run this again`;
}
