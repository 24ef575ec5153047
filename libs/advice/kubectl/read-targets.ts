import { findKind, findManifestKind, pathOf, type KnownKind } from './known-kinds.ts';
import { isInAll } from './read-discovery.ts';

/** What a command is about: one object, or all of a kind where there is no name. */
export interface Target {
  readonly kind: KnownKind;
  /** Undefined across all namespaces, and for what is in none. */
  readonly namespace: string | undefined;
  readonly name: string | undefined;
}

/** An object of a manifest. */
export interface ManifestObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace: string | undefined;
  readonly name: string;
}

/** Stands for a name that only the cluster knows. */
export const UNKNOWN_NAME = 'one-of-them';

export const pathTo = ({ kind, namespace, name }: Target, ...rest: string[]): string =>
  pathOf(kind, namespace, ...(name === undefined ? [] : [name]), ...rest);

/** `pods`, `pods web db`, `deploy,svc`, `deploy/web svc/db`, `all`. @returns a sentence where a word is unknown. */
export function readTargets(
  words: readonly string[],
  kinds: readonly KnownKind[],
  namespace: string | undefined,
): readonly Target[] | string {
  const [first, ...names] = words;
  if (first === undefined) return [];
  if (words.some((word) => word.includes('/'))) {
    const targets: Target[] = [];
    for (const word of words) {
      const [of = '', name = ''] = word.split('/');
      const kind = findKind(of, kinds);
      if (kind === undefined || name === '') return unknown(of);
      targets.push({ kind, namespace, name });
    }
    return targets;
  }
  const found: KnownKind[] = [];
  for (const word of first.split(',')) {
    const kind = findKind(word, kinds);
    if (kind !== undefined) found.push(kind);
    else if (word === 'all') found.push(...kinds.filter(isInAll));
    else return unknown(word);
  }
  return found.flatMap((kind) => (names.length > 0 ? names : [undefined]).map((name) => ({ kind, namespace, name })));
}

/** The objects of manifests, in their own namespaces where they name one. */
export function targetsOf(
  objects: readonly ManifestObject[],
  kinds: readonly KnownKind[],
  namespace: string,
): readonly Target[] | string {
  const targets: Target[] = [];
  for (const object of objects) {
    const kind = findManifestKind(object.apiVersion, object.kind, kinds);
    if (kind === undefined) return unknown(`${object.kind} (${object.apiVersion})`);
    targets.push({ kind, namespace: object.namespace ?? namespace, name: object.name });
  }
  return targets;
}

const unknown = (word: string): string =>
  `${JSON.stringify(word)} is no resource that is known here; ask the cluster (without --offline), or give a method and a path`;
