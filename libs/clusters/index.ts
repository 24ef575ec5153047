/**
 * Clusters turn a Cluster object and its sealed credential into live connections: pools, TLS and the gateway's own
 * authorization. One room holds them so that no other code ever sees a cluster's private key, and so that a change of
 * server, CA or credential makes new pools instead of mending old ones (two clusters, or two generations of one,
 * never share a socket or a TLS session).
 */
export { openCluster } from './open-cluster.ts';
export type { ClusterConnection, CredentialUse, OpenClusterPorts } from './open-cluster.ts';
export { askWhoAmI, askWhoIsTheGateway } from './ask-who-am-i.ts';
export type { UpstreamIdentity } from './ask-who-am-i.ts';
export { reviewAccess } from './review-access.ts';
export type { AccessReview } from './review-access.ts';
export { callAsGateway } from './call-as-gateway.ts';
export type { OwnCall, OwnCallPorts, OwnCallStart, OwnRequest } from './call-as-gateway.ts';
export { askOwnRights, mayI } from './ask-own-rights.ts';
export type { AccessQuestion, OwnRights, OwnRule } from './ask-own-rights.ts';
export { detectConstrainedImpersonation } from './detect-constrained-impersonation.ts';
export { createCredentialChecks, type CredentialCheck, type CredentialChecks } from './check-credential.ts';
export { createConsents } from './ask-consent.ts';
export type { Consent, Consents } from './ask-consent.ts';
export { probeHealth } from './probe-health.ts';
export type { ClusterHealth } from './probe-health.ts';
export { createServiceAccountTokens } from './service-account-tokens.ts';
export type { ServiceAccount, ServiceAccountToken, ServiceAccountTokens } from './service-account-tokens.ts';
export { saveStoredToken } from './save-stored-token.ts';
export type { SaveStoredTokenInput, SaveStoredTokenPorts } from './save-stored-token.ts';
