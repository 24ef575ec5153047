import { z } from 'zod';
import { accessRuleSpecSchema } from './access-rule-schema.ts';
import { clusterSpecSchema } from './cluster-schema.ts';
import { objectName, ownClusterName } from './fields.ts';
import { issuerSpecSchema } from './issuer-schema.ts';
import { mappingSpecSchema } from './mapping-schema.ts';
import { metadataSchema } from './metadata-schema.ts';
import { serviceIdentitySpecSchema } from './service-identity-schema.ts';

export const API_GROUP = 'gatehouse.dev';
export const API_VERSION = `${API_GROUP}/v1alpha1`;

export type KindName = 'Cluster' | 'Issuer' | 'Mapping' | 'AccessRule' | 'ServiceIdentity';

export interface Kind {
  readonly kind: KindName;
  readonly plural: string;
  readonly schema: z.ZodType;
}

const objectSchema = (kind: KindName, spec: z.ZodType, name: z.ZodType<string> = objectName) =>
  z.strictObject({
    apiVersion: z.literal(API_VERSION),
    kind: z.literal(kind),
    metadata: metadataSchema(name),
    spec,
    status: z.unknown().optional(),
  });

/** In the order in which they are best applied: what is referred to comes first. */
export const KINDS: readonly Kind[] = [
  { kind: 'Issuer', plural: 'issuers', schema: objectSchema('Issuer', issuerSpecSchema) },
  { kind: 'Cluster', plural: 'clusters', schema: objectSchema('Cluster', clusterSpecSchema, ownClusterName) },
  {
    kind: 'ServiceIdentity',
    plural: 'serviceidentities',
    schema: objectSchema('ServiceIdentity', serviceIdentitySpecSchema),
  },
  { kind: 'AccessRule', plural: 'accessrules', schema: objectSchema('AccessRule', accessRuleSpecSchema) },
  { kind: 'Mapping', plural: 'mappings', schema: objectSchema('Mapping', mappingSpecSchema) },
];

export type ClusterSpec = z.output<typeof clusterSpecSchema>;
export type IssuerSpec = z.output<typeof issuerSpecSchema>;
export type MappingSpec = z.output<typeof mappingSpecSchema>;
export type AccessRuleSpec = z.output<typeof accessRuleSpecSchema>;
