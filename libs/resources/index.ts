/**
 * The kinds that configure the gateway: schema, validation, defaults, kubeconfig import, manifests. One schema judges
 * an object wherever it comes from (API, `apply -f`, the folder at boot), says all that is wrong with it at once and
 * refuses what it does not know: a misspelt key in a Deny must not turn into nothing.
 */
export { API_GROUP, API_VERSION, KINDS } from './kinds.ts';
export type { AccessRuleSpec, ClusterSpec, IssuerSpec, Kind, KindName, MappingSpec } from './kinds.ts';
export { GATEWAY_CLUSTER } from './fields.ts';
export type { ObjectMetadata, Problem, ResourceObject } from './resource-object.ts';
export { stateOf } from './ports.ts';
export type { ObjectStore, SecretStore, SplitSecret } from './ports.ts';
export { validateObject } from './validate-object.ts';
export type { ValidatedObject } from './validate-object.ts';
export { findWarningsBetween } from './find-warnings-between.ts';
export { importAuthenticationConfig } from './import-authentication-config.ts';
export type { ImportedAuthentication, ImportedIssuer } from './import-authentication-config.ts';
export { readCertificateExpiry, readTokenExpiry } from './read-expiry.ts';
export { importKubeconfig } from './import-kubeconfig.ts';
export type { ImportedKubeconfig, ImportResult } from './import-kubeconfig.ts';
export { splitSecrets } from './split-secrets.ts';
export type { SplitObject } from './split-secrets.ts';
export { parseManifests } from './parse-manifests.ts';
export type { Manifest, ManifestOrigin, ManifestProblem, ParsedManifests } from './parse-manifests.ts';
export { mergeManifests, readManifestDirectory, readManifests, sortForSaving } from './read-manifests.ts';
export type { ReadManifestDirectory } from './read-manifests.ts';
export { saveObject } from './save-object.ts';
export type { SaveOutcome } from './save-object.ts';
export { openApiSchemas } from './open-api-schemas.ts';
export { ruleSchema } from './access-rule-schema.ts';
export { closestWord } from './closest-word.ts';
export { formatPath, readProblems, unknownKey } from './read-problems.ts';
export { readYaml } from './read-yaml.ts';
export type { ReadYaml, YamlDocument } from './read-yaml.ts';
