export const API_GROUP = 'gatehouse.dev';
export const API_VERSION = 'v1alpha1';

/** The kinds that this API serves, with the verbs that it answers. */
export const RESOURCES = [
  { plural: 'clusters', kind: 'Cluster' },
  { plural: 'issuers', kind: 'Issuer' },
  { plural: 'mappings', kind: 'Mapping' },
  { plural: 'accessrules', kind: 'AccessRule' },
  { plural: 'serviceidentities', kind: 'ServiceIdentity' },
] as const;

export const OBJECT_VERBS = ['create', 'delete', 'get', 'list', 'update'];
export const AUDIT_VERBS = ['get', 'list'];
