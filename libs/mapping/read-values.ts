import type { Identity } from '#model';
import type { ValueSource } from './mapping-input.ts';

export type ReadValues =
  | { readonly ok: true; readonly values: readonly string[] }
  | { readonly ok: false; readonly problem: string };

const MAX_NAME_BYTES = 1024;
/** Bounds the work on a hostile claim; a mapping's `maxGroups` is the limit that people meet. */
const MAX_VALUES = 10_000;

/** The values that a source gives, prefix included. An absent claim gives none; a claim of another type is refused. */
export function readValues(source: ValueSource, identity: Identity): ReadValues {
  if ('value' in source) return { ok: true, values: [source.value] };
  const raw =
    'claim' in source
      ? Object.hasOwn(identity.claims, source.claim)
        ? identity.claims[source.claim]
        : undefined
      : identity[source.from];
  const prefix = source.prefix ?? '';
  if (raw === undefined || raw === null) return { ok: true, values: [] };
  const list: readonly unknown[] = Array.isArray(raw) ? raw : [raw];
  const values: string[] = [];
  if (list.length > MAX_VALUES) return { ok: false, problem: `more than ${MAX_VALUES} values` };
  for (const entry of list) {
    const what = 'claim' in source ? `claim "${source.claim}"` : source.from;
    if (typeof entry !== 'string') return { ok: false, problem: `a value from ${what} that is no text` };
    // A prefix must not turn an empty or blank name into a name.
    if (entry === '') return { ok: false, problem: `an empty value from ${what}` };
    if (/^\s|\s$/.test(entry)) return { ok: false, problem: `a value from ${what} that begins or ends with a blank` };
    values.push(prefix + entry);
  }
  return { ok: true, values };
}

/**
 * Why a name may not go upstream, or undefined. `system:*` names only where the mapping spells that very literal;
 * anything that a header could not carry byte for byte (control characters, blanks at the ends) is refused.
 */
export function checkName(name: string, source: ValueSource): string | undefined {
  if (name === '') return 'is empty';
  if (Buffer.byteLength(name) > MAX_NAME_BYTES) return `is longer than ${MAX_NAME_BYTES} bytes`;
  if (!name.isWellFormed()) return 'is not valid Unicode';
  // C0, DEL and C1 controls; U+2028/2029 would split lines in a log.
  if (/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/.test(name)) return 'holds control characters';
  if (/^\s|\s$/.test(name)) return 'begins or ends with a blank';
  if (name.startsWith('system:') && !('value' in source))
    return `is reserved ("${name.slice(0, 60)}"; name it literally in the mapping if it is meant)`;
  return undefined;
}
