import { EntitySchema } from 'typeorm';
import { key, text, whole } from './columns.ts';

export interface EncryptionKeyRow {
  keyId: string;
  checkValue: string;
  createdAtMs: number;
}

export const EncryptionKeyEntity = new EntitySchema<EncryptionKeyRow>({
  name: 'EncryptionKey',
  tableName: 'encryption_keys',
  columns: { keyId: key('key_id'), checkValue: text('check_value'), createdAtMs: whole('created_at_ms') },
});
