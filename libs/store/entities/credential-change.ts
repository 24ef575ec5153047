import { EntitySchema } from 'typeorm';
import { whole } from './columns.ts';

/** Somebody whom one change of credentials concerns; both texts are empty where it concerns everyone. */
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
    issuerUrl: { name: 'issuer_url', type: 'text', primary: true },
    subject: { type: 'text', primary: true },
  },
});
