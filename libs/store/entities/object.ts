import { EntitySchema } from 'typeorm';
import { json, key, text, whole } from './columns.ts';

export interface ObjectRow {
  uid: string;
  kind: string;
  name: string;
  generation: number;
  resourceVersion: number;
  labels: Record<string, string>;
  annotations: Record<string, string>;
  spec: object;
  createdAtMs: number;
  updatedAtMs: number;
}

export const ObjectEntity = new EntitySchema<ObjectRow>({
  name: 'Object',
  tableName: 'objects',
  columns: {
    uid: key('uid'),
    kind: text('kind'),
    name: text('name'),
    generation: whole('generation'),
    resourceVersion: whole('resource_version'),
    labels: json('labels'),
    annotations: json('annotations'),
    spec: json('spec'),
    createdAtMs: whole('created_at_ms'),
    updatedAtMs: whole('updated_at_ms'),
  },
  uniques: [{ name: 'objects_kind_name', columns: ['kind', 'name'] }],
});
