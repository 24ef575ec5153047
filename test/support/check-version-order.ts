import type { ResourceObject } from '#resources';

interface List {
  readonly items: readonly ResourceObject[];
  readonly revision: number;
}

export interface OrderCheck {
  /** The next list that a reader got. */
  saw(list: List): void;
  /** What a watch that resumes after an earlier list would have missed or repeated, in words. */
  readonly faults: readonly string[];
  /** How many revisions were seen. */
  readonly revisions: number;
}

export function createOrderCheck(): OrderCheck {
  const faults: string[] = [];
  const revisions = new Set<number>();
  let last: { versions: ReadonlyMap<string, number>; revision: number } | undefined;
  return {
    faults,
    get revisions() {
      return revisions.size;
    },
    saw({ items, revision }) {
      const versions = new Map(
        items.map(({ metadata }) => [String(metadata.uid), Number(metadata.resourceVersion)] as const),
      );
      revisions.add(revision);
      for (const [uid, version] of versions) {
        if (version > revision) faults.push(`${uid} has version ${version} in a list at ${revision}`);
        if (last && last.versions.get(uid) !== version && version <= last.revision)
          faults.push(`${uid} appeared with version ${version} after a list at ${last.revision}`);
      }
      if (last && revision < last.revision) faults.push(`a list at ${revision} after one at ${last.revision}`);
      const gone = [...(last?.versions.keys() ?? [])].filter((uid) => !versions.has(uid));
      if (last && revision === last.revision && gone.length > 0)
        faults.push(`${gone.join(', ')} disappeared without a new revision, at ${revision}`);
      last = { versions, revision };
    },
  };
}
