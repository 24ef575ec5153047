import { closestWord, type Problem } from '#resources';
import { CONFIG_KEYS, type ConfigKey } from './config-keys.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** Names that are not configuration: where the file lies, and where the test bed keeps its builds. */
const NOT_CONFIGURATION = new Set(['GATEHOUSE_CONFIG_FILE', 'GATEHOUSE_CACHE']);

/**
 * The kubelet gives pods such variables for every Service of the namespace; beside a Service named `gatehouse` (or
 * `gatehouse-db`) they begin with our prefix and mean nothing to us.
 */
const SERVICE_LINK =
  /_(?:SERVICE_HOST|SERVICE_PORT|PORT_\d{1,5}_(?:TCP|UDP|SCTP)(?:_(?:PROTO|PORT|ADDR))?)$|_SERVICE_PORT_/;
const SERVICE_LINK_URL = /^(?:tcp|udp|sctp):\/\//;

export interface FromEnvironment {
  /** Values by the path of their key, joined by dots. */
  readonly values: ReadonlyMap<string, unknown>;
  readonly problems: readonly Problem[];
}

/** Reads GATEHOUSE_*. An empty variable counts as absent, as compose files leave them. */
export function readEnvironment(env: Environment): FromEnvironment {
  const byVariable = new Map(CONFIG_KEYS.map((key) => [key.variable, key]));
  const values = new Map<string, unknown>();
  const problems: Problem[] = [];
  for (const [name, value] of Object.entries(env)) {
    if (!name.startsWith('GATEHOUSE_') || value === undefined || value === '' || NOT_CONFIGURATION.has(name)) continue;
    const key = byVariable.get(name);
    if (!key) {
      if (!SERVICE_LINK.test(name) && !(name.endsWith('_PORT') && SERVICE_LINK_URL.test(value)))
        problems.push({ path: name, message: unknownVariable(name, byVariable.keys()) });
      continue;
    }
    const read = readValue(key, value);
    if (read.ok) values.set(key.key, read.value);
    else problems.push({ path: name, message: read.message });
  }
  return { values, problems };
}

function unknownVariable(name: string, known: Iterable<string>): string {
  const meant = closestWord(name, known);
  return meant === undefined
    ? 'is unknown; docs/configuration.md lists the variables'
    : `is unknown; did you mean ${meant}?`;
}

type Read = { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly message: string };

function readValue(key: ConfigKey, value: string): Read {
  switch (key.type) {
    case 'whole number':
      return /^-?\d{1,15}$/.test(value)
        ? { ok: true, value: Number(value) }
        : { ok: false, message: 'must be a whole number' };
    case 'true or false':
      return value === 'true' || value === 'false'
        ? { ok: true, value: value === 'true' }
        : { ok: false, message: 'must be true or false' };
    case 'list':
      return {
        ok: true,
        value: value
          .split(',')
          .map((part) => part.trim())
          .filter((part) => part !== ''),
      };
    case 'list of rules':
      try {
        return { ok: true, value: JSON.parse(value) as unknown };
      } catch {
        return { ok: false, message: 'must be a list of rules as JSON' };
      }
    default:
      return { ok: true, value };
  }
}
