import type { z } from 'zod';
import type { KeyMeta } from './key-meta.ts';
import { configSchema } from './schema.ts';

/** One key of the configuration. */
export type ConfigKey = KeyMeta & {
  /** `listen.port`. */
  readonly key: string;
  readonly path: readonly string[];
  /** `GATEHOUSE_LISTEN_PORT`. */
  readonly variable: string;
  readonly type: 'text' | 'whole number' | 'true or false' | 'list' | 'list of rules' | 'choice';
  readonly choices: readonly string[];
  /** The constant default; undefined where there is none. */
  readonly defaultValue: unknown;
};

type Schema = z.ZodType & {
  def: { type: string; innerType?: Schema; element?: Schema; defaultValue?: unknown; entries?: Record<string, string> };
  shape?: Record<string, Schema>;
};

/** Every key, in the order of the schema. */
export const CONFIG_KEYS: readonly ConfigKey[] = collect(configSchema as unknown as Schema, []);

/** `['session', 'idleTimeoutSeconds']` as `GATEHOUSE_SESSION_IDLE_TIMEOUT_SECONDS`. */
export function variableOf(path: readonly string[]): string {
  return ['GATEHOUSE', ...path.map((part) => part.replace(/([a-z0-9])([A-Z])/g, '$1_$2').toUpperCase())].join('_');
}

function collect(schema: Schema, path: readonly string[]): ConfigKey[] {
  let inner = schema;
  let defaultValue: unknown;
  while (inner.def.innerType) {
    if (inner.def.type === 'default') defaultValue = inner.def.defaultValue;
    inner = inner.def.innerType;
  }
  if (inner.shape) return Object.entries(inner.shape).flatMap(([name, child]) => collect(child, [...path, name]));
  const meta = schema.meta() as KeyMeta | undefined;
  if (!meta) throw new Error(`the configuration key ${path.join('.')} has no description`);
  return [
    {
      ...meta,
      key: path.join('.'),
      path,
      variable: variableOf(path),
      type: typeOf(inner),
      choices: Object.values(inner.def.entries ?? {}),
      defaultValue,
    },
  ];
}

function typeOf({ def }: Schema): ConfigKey['type'] {
  if (def.type === 'number') return 'whole number';
  if (def.type === 'boolean') return 'true or false';
  if (def.type === 'array') return def.element?.def.type === 'object' ? 'list of rules' : 'list';
  return def.type === 'enum' ? 'choice' : 'text';
}
