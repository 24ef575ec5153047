import { inspect } from 'node:util';
import { CONFIG_KEYS } from './config-keys.ts';
import type { Config } from './config.ts';

const REDACTED = '[redacted]';

/** A plain copy for people to look at: every secret is `[redacted]`. */
export function printableConfig(config: Config): Record<string, unknown> {
  const copy = structuredClone({ ...config }) as Record<string, unknown>;
  for (const key of CONFIG_KEYS) {
    if (!key.secret) continue;
    const holder = key.path
      .slice(0, -1)
      .reduce<Record<string, unknown>>((value, part) => value[part] as Record<string, unknown>, copy);
    const last = key.path.at(-1) as string;
    if (holder[last] !== undefined) holder[last] = REDACTED;
  }
  return copy;
}

/** Freezes the configuration and makes JSON.stringify and console.log show it without its secrets. */
export function hideSecrets(config: Config): Config {
  const show = () => printableConfig(config);
  const hidden = { ...config };
  Object.defineProperty(hidden, 'toJSON', { value: show });
  Object.defineProperty(hidden, inspect.custom, { value: show });
  return deepFreeze(hidden);
}

function deepFreeze<T extends object>(value: T): T {
  for (const inner of Object.values(value)) if (typeof inner === 'object' && inner !== null) deepFreeze(inner);
  return Object.freeze(value);
}
