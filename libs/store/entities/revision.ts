import { EntitySchema } from 'typeorm';
import { whole } from './columns.ts';

export interface RevisionRow {
  id: number;
  revision: number;
}

export const RevisionEntity = new EntitySchema<RevisionRow>({
  name: 'Revision',
  tableName: 'revision',
  columns: { id: { name: 'id', type: 'integer', primary: true }, revision: whole('revision') },
});
