import type { ResourceObject } from '#resources';
import type { ObjectRow } from './entities/object.ts';

const API_VERSION = 'gatehouse.dev/v1alpha1';

export function fromObjectRow(row: ObjectRow): ResourceObject {
  const has = (values: Record<string, string>) => Object.keys(values).length > 0;
  return {
    apiVersion: API_VERSION,
    kind: row.kind,
    metadata: {
      name: row.name,
      uid: row.uid,
      resourceVersion: String(row.resourceVersion),
      generation: row.generation,
      creationTimestamp: new Date(row.createdAtMs).toISOString().replace(/\.\d+Z$/, 'Z'),
      ...(has(row.labels) ? { labels: row.labels } : {}),
      ...(has(row.annotations) ? { annotations: row.annotations } : {}),
    },
    spec: row.spec,
  } as ResourceObject;
}
