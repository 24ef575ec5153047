import { EntitySchema } from 'typeorm';
import { key, text, whole } from './columns.ts';

/** A secret field of an object. `sealed` opens only for this object, field and binding. */
export interface SecretRow {
  objectUid: string;
  field: string;
  kind: string;
  binding: string;
  sealed: string;
  updatedAtMs: number;
}

export const SecretEntity = new EntitySchema<SecretRow>({
  name: 'Secret',
  tableName: 'secrets',
  columns: {
    objectUid: key('object_uid'),
    field: key('field'),
    kind: text('kind'),
    binding: text('binding'),
    sealed: text('sealed'),
    updatedAtMs: whole('updated_at_ms'),
  },
});
