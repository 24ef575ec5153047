import { EntitySchema } from 'typeorm';
import { key, whole } from './columns.ts';

/** A person affected by one change of credentials; both texts are empty when everyone is. */
export interface CredentialChangeRow {
  revision: number;
  issuerUrl: string;
  subject: string;
}

export const CredentialChangeEntity = new EntitySchema<CredentialChangeRow>({
  name: 'CredentialChange',
  tableName: 'credential_changes',
  columns: {
    revision: { ...whole('revision'), primary: true },
    issuerUrl: key('issuer_url'),
    subject: key('subject'),
  },
});
