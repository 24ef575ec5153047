/**
 * What access rules would do, what they did, and what they should be. The stages judge requests; this room judges rules:
 * it turns other systems' rules into access rules, explains a verdict, replays recorded requests against another set,
 * and proposes rules for what was used. It calls the very stages that serve requests, never a copy of them, so that an
 * answer from here is the answer that the gateway would give. Pure: records, objects and clusters come as arguments.
 */
export { importRbac } from './rbac/import-rbac.ts';
export type { ImportedRbac, ImportRbacOptions } from './rbac/import-rbac.ts';
export type { Prefix, SubjectNames } from './rbac/convert-subject.ts';
export { readRbac } from './rbac/read-rbac.ts';
export type { ReadRbac } from './rbac/read-rbac.ts';
export { DEFAULT_CLUSTER_ROLES } from './rbac/default-cluster-roles.ts';
export { supposeIdentity } from './suppose-identity.ts';
export type { SupposedPerson } from './suppose-identity.ts';
export { GatheredRequests } from './replay/gather-requests.ts';
export type { GatheredRequest } from './replay/gather-requests.ts';
export type { NotReplayed } from './replay/read-recorded.ts';
export { dryRun, dryRunInSteps } from './replay/dry-run.ts';
export type { ChangedVerdict, DryRun } from './replay/dry-run.ts';
export { showDryRun } from './replay/show-dry-run.ts';
export type { ShownChange, ShownDryRun } from './replay/show-dry-run.ts';
export { accessRulesOf, changeRules } from './access-rules-of.ts';
export type { RuleChange } from './access-rules-of.ts';
export { findUnusedRules } from './find-unused-rules.ts';
export type { UnusedRule } from './find-unused-rules.ts';
export { suggestRules } from './suggest/suggest-rules.ts';
export type { Suggestion, Suggestions, SuggestOptions } from './suggest/suggest-rules.ts';
export { readKubeAuditLine } from './suggest/read-kube-audit.ts';
export type { KubeAuditLine } from './suggest/read-kube-audit.ts';
export { explainRequest } from './explain/explain-request.ts';
export type { Asked, Explanation, ExplainPorts, RefusedBy, ReviewedAccess } from './explain/explain-request.ts';
export { personFromToken } from './explain/person-from-token.ts';
export type { PersonFromToken } from './explain/person-from-token.ts';
export { claimsFromNames } from './explain/claims-from-names.ts';
export { findKind, findManifestKind, KUBERNETES_KINDS, pathOf } from './kubectl/known-kinds.ts';
export type { KnownKind } from './kubectl/known-kinds.ts';
export {
  AGGREGATED_DISCOVERY,
  isInAll,
  readDiscovery,
  writeDiscovery,
  writeOpenApi,
  writeResourceList,
} from './kubectl/read-discovery.ts';
export { findForeignFlag } from './kubectl/foreign-flags.ts';
export { commandRequests, isDiscovery } from './kubectl/command-requests.ts';
export type { CommandRequest } from './kubectl/command-requests.ts';
export { readCommand } from './kubectl/read-command.ts';
export type { ReadCommand } from './kubectl/read-command.ts';
export type { ManifestObject } from './kubectl/read-targets.ts';
export { showExplanation } from './explain/show-explanation.ts';
export type { ShownExplanation, ShownMapping, ShownRule } from './explain/show-explanation.ts';
export { describeNaming } from './explain/describe-naming.ts';
export { importKubectlProxy } from './kubectl-proxy/import-kubectl-proxy.ts';
export type { ImportedProxy, ImportProxyOptions } from './kubectl-proxy/import-kubectl-proxy.ts';
export { PROXY_DEFAULTS } from './kubectl-proxy/proxy-flags.ts';
export type { ProxyFlags } from './kubectl-proxy/proxy-flags.ts';
export { readOldFilter } from './kubectl-proxy/old-filter.ts';
export { samplePaths } from './kubectl-proxy/sample-requests.ts';
export { findPerson, findSeenPeople, nameSeveral } from './explain/find-person.ts';
export type { AskedName, FindPersonPorts, FoundPerson, SeenPerson } from './explain/find-person.ts';
export { requestOfAttributes } from './explain/request-of-attributes.ts';
export type { ResourceAttributes } from './explain/request-of-attributes.ts';
