import { join } from 'node:path';
import { loadConfig, type Config } from '#config';
import { openStore, type EncryptionKeySource, type Store } from '#store';
import { CliFailure } from './failure.ts';
import type { Terminal } from './terminal.ts';

/** @param file of `--config`; wins over GATEHOUSE_CONFIG_FILE. @throws CliFailure with every problem. */
export function readConfig(terminal: Terminal, file: string | undefined): Config {
  const loaded = loadConfig({ file: file ?? (terminal.env.GATEHOUSE_CONFIG_FILE || undefined), env: terminal.env });
  if (loaded.ok) return loaded.config;
  const count = loaded.problems.length;
  throw new CliFailure([
    `the configuration has ${count} problem${count === 1 ? '' : 's'}:`,
    ...loaded.problems.map(({ path, message }) => `  ${path}: ${message}`),
  ]);
}

export const keySourceOf = (config: Config): EncryptionKeySource => ({
  base64: config.encryptionKey,
  file: config.encryptionKeyFile ?? join(config.dataDirectory, 'encryption.key'),
});

/**
 * Runs an act on the configured database, beside a running gateway or without one, and closes it whatever happens.
 * @throws StoreStartError where it cannot be opened.
 */
export async function withStore<T>(
  terminal: Terminal,
  config: Config,
  act: (store: Store) => Promise<T>,
  more: { readonly allowLostKey?: boolean } = {},
): Promise<T> {
  const store = await openStore({
    databaseUrl: config.databaseUrl,
    sqlitePath: join(config.dataDirectory, 'gatehouse.db'),
    key: keySourceOf(config),
    ...more,
    log: {
      info: (message, fields) =>
        message === 'database migrated' ? terminal.say(`${message}: ${String(fields?.migration)}`) : undefined,
      warn: (message) => terminal.say(message),
      error: (message) => terminal.say(message),
    },
  });
  try {
    return await act(store);
  } finally {
    await store.close();
  }
}
