import { Document, isAlias, isScalar, parseDocument, visit } from 'yaml';
import { escapeHiddenForYaml, hasHidden } from './show-text.ts';

/** An object of the gateway as YAML. Hidden characters are escaped; nothing is left out. */
export function toYaml(object: unknown): string {
  const document = new Document(object);
  visit(document, {
    Scalar(_key, node) {
      if (typeof node.value === 'string' && hasHidden(node.value)) node.type = 'QUOTE_DOUBLE';
    },
  });
  // What is hidden stands between double quotes only, where YAML has escapes.
  return escapeHiddenForYaml(document.toString({ lineWidth: 0, doubleQuotedAsJSON: true }));
}

export type ReadYaml =
  | { readonly ok: true; readonly object: Readonly<Record<string, unknown>> }
  | { readonly ok: false; readonly problems: readonly string[] };

/**
 * Reads one object. Refused, as nothing may change in silence on its way to JSON: several documents, doubled keys,
 * aliases, unknown tags, and numbers that JSON or JavaScript cannot hold.
 */
export function readYaml(text: string): ReadYaml {
  const document = parseDocument(text, { uniqueKeys: true });
  const problems = [...document.errors, ...document.warnings].map((problem) => problem.message.trimEnd());
  visit(document, {
    Node(_key, node) {
      if (isAlias(node)) problems.push(`*${node.source}: aliases are not supported; write the value again`);
      else if (isScalar(node) && !isExact(node.value))
        problems.push(
          `${node.source ?? String(node.value)}: this number would be changed on its way; put it in quotes`,
        );
    },
  });
  if (problems.length > 0) return { ok: false, problems };
  const value: unknown = document.toJS();
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return { ok: false, problems: ['Write one object with apiVersion, kind, metadata and spec.'] };
  }
  return { ok: true, object: value as Record<string, unknown> };
}

function isExact(value: unknown): boolean {
  if (typeof value !== 'number') return true;
  return Number.isFinite(value) && (!Number.isInteger(value) || Number.isSafeInteger(value));
}
