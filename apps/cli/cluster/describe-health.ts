import type { ClusterHealth } from '#clusters';

const IMPERSONATION = {
  anybody: 'may impersonate anybody (`gatehouse rbac` prints the least that is needed)',
  named: 'may impersonate those that its RBAC names',
  nobody: 'may impersonate nobody (`gatehouse rbac` prints what it needs)',
  unknown: 'may impersonate whom another authorizer than RBAC says',
} as const;

/** A few lines for people. */
export function describeHealth(health: ClusterHealth): string[] {
  const { reachable, version, certificateExpiresAt, credentialExpiresAt, impersonation, problems } = health;
  if (!reachable) return problems.map((problem) => `warning: ${problem}`);
  const facts = [
    version ?? 'version unknown',
    `its certificate ends at ${certificateExpiresAt ?? 'an unknown time'}`,
    ...(credentialExpiresAt ? [`the gateway’s credential ends at ${credentialExpiresAt}`] : []),
    ...(impersonation ? [`the gateway ${IMPERSONATION[impersonation]}`] : []),
  ];
  return [`reachable: ${facts.join('; ')}`, ...problems.map((problem) => `warning: ${problem}`)];
}
