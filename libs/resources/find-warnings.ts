import { findRuleWarnings } from './find-rule-warnings.ts';
import type { AccessRuleSpec, ClusterSpec, IssuerSpec, MappingSpec } from './kinds.ts';
import type { ResourceObject } from './resource-object.ts';

/** What is valid and may yet not be what was meant. */
export function findWarnings(object: ResourceObject, nowMs: number): string[] {
  switch (object.kind) {
    case 'Cluster':
      return ofCluster(object.spec as ClusterSpec);
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

function ofCluster({ credential, certificateAuthorityData }: ClusterSpec): string[] {
  const warnings: string[] = [];
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

function ofMapping({ impersonate, serviceAccount }: MappingSpec): string[] {
  if (serviceAccount?.namespace === 'kube-system')
    return ['spec.serviceAccount is one of kube-system, where accounts may do what the cluster itself does'];
  const literals = [impersonate?.user, ...(impersonate?.groups ?? [])].map((source) => source?.value ?? '');
  return literals.includes('system:masters') ? ['spec.impersonate names system:masters, whom no RBAC limits'] : [];
}
