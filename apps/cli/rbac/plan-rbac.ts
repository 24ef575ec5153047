import {
  askWhoIsTheGateway,
  detectConstrainedImpersonation,
  type ClusterConnection,
  type OwnCallPorts,
} from '#clusters';
import type { ResourceObject } from '#resources';
import { neededRights, readServiceAccount, toManifests, type RbacObject, type RbacSubject } from '#rights';
import { CliFailure } from '../failure.ts';

export interface PlanOptions {
  readonly cluster: string;
  readonly name: string;
  readonly user?: string;
  readonly serviceAccount?: string;
  readonly impersonation?: 'constrained' | 'legacy';
  readonly accessReviews?: boolean;
}

export interface RbacPlan {
  readonly manifests: readonly RbacObject[];
  readonly warnings: readonly string[];
  /** For people: as whom, and which kind of impersonation. */
  readonly summary: string;
}

/**
 * What should be in the cluster, for the objects of today. Asks the cluster only what the options leave open.
 * @throws CliFailure, GatehouseError where the cluster cannot be asked.
 */
export async function planRbac(
  objects: readonly ResourceObject[],
  options: PlanOptions,
  connection: ClusterConnection,
  ports: OwnCallPorts,
): Promise<RbacPlan> {
  const { cluster, name } = options;
  const asked = subjectOf(options);
  const warnings: string[] = [];
  let subject = asked;
  if (!subject) {
    const { user, groups } = await askWhoIsTheGateway(connection, ports);
    if (groups.includes('system:masters'))
      warnings.push(
        `the gateway's credential (${user}) is in system:masters, whom no RBAC limits; give the Cluster another credential`,
      );
    subject = toSubject(user);
  }
  const constrained =
    options.impersonation === undefined
      ? await detectConstrainedImpersonation(connection, ports)
      : options.impersonation === 'constrained';
  const needed = neededRights(objects, { cluster, constrained, accessReviews: options.accessReviews ?? false });
  if (!constrained)
    warnings.push(
      'without constrained impersonation (Kubernetes 1.36) the credential may do as these people whatever they may do',
    );
  const whom = subject.kind === 'User' ? subject.name : `${subject.namespace}/${subject.name}`;
  return {
    manifests: toManifests(needed, subject, name),
    warnings: [...warnings, ...needed.warnings],
    summary: `cluster ${cluster}: ${subject.kind} ${whom}, ${constrained ? 'constrained' : 'legacy'} impersonation`,
  };
}

function subjectOf({ user, serviceAccount }: PlanOptions): RbacSubject | undefined {
  if (user !== undefined) return toSubject(user);
  if (serviceAccount === undefined) return undefined;
  const account = readServiceAccount(`system:serviceaccount:${serviceAccount.replace('/', ':')}`);
  if (!account) throw new CliFailure('give --service-account as <namespace>/<name>');
  return { kind: 'ServiceAccount', ...account };
}

function toSubject(user: string): RbacSubject {
  const account = readServiceAccount(user);
  return account
    ? { kind: 'ServiceAccount', ...account }
    : { kind: 'User', apiGroup: 'rbac.authorization.k8s.io', name: user };
}
