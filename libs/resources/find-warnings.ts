import { decodeBase64 } from './check-pem.ts';
import { findSubjectWarnings } from './find-subject-warnings.ts';
import { findRuleWarnings } from './find-rule-warnings.ts';
import type { AccessRuleSpec, ClusterSpec, IssuerSpec, MappingSpec } from './kinds.ts';
import { readCertificateExpiry, readTokenExpiry } from './read-expiry.ts';
import type { ResourceObject } from './resource-object.ts';

const SOON_MS = 30 * 86_400_000;

/** What is valid and may yet not be what was meant. */
export function findWarnings(object: ResourceObject, nowMs: number): string[] {
  switch (object.kind) {
    case 'Cluster':
      return ofCluster(object.spec as ClusterSpec, nowMs);
    case 'Issuer':
      return ofIssuer(object.spec as IssuerSpec);
    case 'Mapping':
      return ofMapping(object.spec as MappingSpec);
    case 'AccessRule':
      return findRuleWarnings(object.spec as AccessRuleSpec, nowMs);
    default:
      return [];
  }
}

function ofCluster({ credential, certificateAuthorityData, disabled }: ClusterSpec, nowMs: number): string[] {
  const warnings = ofExpiry(credential, nowMs);
  if (disabled) warnings.push('spec.disabled is set: nobody can use this cluster');
  if (!credential) warnings.push('spec.credential is absent: only mappings with storedToken can use this cluster');
  else if (credential.type !== undefined && credential.type !== 'inCluster')
    warnings.push(
      `spec.credential only names its type: the stored ${credential.type} is kept if there is one and server and CA are unchanged`,
    );
  if (!certificateAuthorityData && !credential?.inCluster && credential?.type !== 'inCluster')
    warnings.push(
      'spec.certificateAuthorityData is absent: the server’s certificate is checked against the system’s roots',
    );
  return warnings;
}

/** A bound token (TokenRequest) ends, often within the hour; one of a Secret does not. A certificate always ends. */
function ofExpiry(credential: ClusterSpec['credential'], nowMs: number): string[] {
  const { token, clientCertificateData } = credential ?? {};
  const at = (ms: number): string => `${ms <= nowMs ? 'ended' : 'ends'} at ${new Date(ms).toISOString()}`;
  const tokenEndsMs = token === undefined ? undefined : readTokenExpiry(token);
  if (tokenEndsMs !== undefined)
    return [
      `spec.credential.token is a bound token and ${at(tokenEndsMs)}; the cluster cannot be used after that: give a new one before, or a token that does not end (a Secret of type kubernetes.io/service-account-token), or inCluster`,
    ];
  const pem = clientCertificateData && decodeBase64(clientCertificateData);
  const certificateEndsMs = pem ? readCertificateExpiry(pem) : undefined;
  if (certificateEndsMs !== undefined && certificateEndsMs - nowMs < SOON_MS)
    return [`spec.credential.clientCertificateData ${at(certificateEndsMs)}; give a new one before`];
  return [];
}

function ofIssuer({ issuer, claimMappings, login }: IssuerSpec): string[] {
  const warnings: string[] = [];
  if (claimMappings.username.prefix === '')
    warnings.push(
      'spec.claimMappings.username.prefix is empty: people may get the names of people of another issuer, or of the cluster itself',
    );
  if (claimMappings.groups?.prefix === '')
    warnings.push(
      'spec.claimMappings.groups.prefix is empty: groups may get the names of groups of another issuer, or of the cluster itself',
    );
  if (login && !issuer.audiences.includes(login.clientID))
    warnings.push(
      'spec.issuer.audiences does not hold spec.login.clientID: ID tokens of the login client are no bearers here',
    );
  return warnings;
}

function ofMapping({ subjects, impersonate, serviceAccount }: MappingSpec): string[] {
  const warnings = findSubjectWarnings(subjects);
  if (serviceAccount?.namespace === 'kube-system')
    warnings.push('spec.serviceAccount is one of kube-system, where accounts may do what the cluster itself does');
  const literals = [impersonate?.user, ...(impersonate?.groups ?? [])].map((source) => source?.value ?? '');
  if (literals.includes('system:masters')) warnings.push('spec.impersonate names system:masters, whom no RBAC limits');
  return warnings;
}
