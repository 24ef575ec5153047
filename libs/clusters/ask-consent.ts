import type { ErrorCode } from '#errors';
import type { Grant, RequestInfo } from '#model';
import type { OwnCallPorts } from './call-as-gateway.ts';
import { keepAnswers } from './keep-answers.ts';
import type { ClusterConnection } from './open-cluster.ts';
import { reviewAccess } from './review-access.ts';

export type Consent =
  | { readonly ok: true }
  | { readonly ok: false; readonly code: ErrorCode; readonly message: string };

export interface Consents {
  /**
   * Whether the cluster itself lets this person, as it knows them, act as somebody else.
   * @param own the person's own Grant.
   * @param asked one `impersonate` request a name.
   */
  ask(
    cluster: ClusterConnection,
    own: Grant,
    asked: readonly RequestInfo[],
    onBehalfOf: string,
  ): Consent | Promise<Consent>;
}

/** As short as the API server's own memory of such answers; a right taken away in the cluster ends with it. */
const KEEP_MS = 5000;

/**
 * Upstream sees the gateway's credential only, so the API server cannot judge who acts as whom; it is asked
 * (SubjectAccessReview), about every name, for the mapped identity of the person. Only a clear yes to all is consent:
 * where it cannot be asked nobody acts as anybody. Answers are kept for some seconds, under all that was asked.
 */
export function createConsents(ports: OwnCallPorts): Consents {
  const keep = keepAnswers<Consent>({
    keepMs: KEEP_MS,
    now: () => ports.now(),
    isKnown: (consent) => consent.ok || consent.code !== 'consentUnknown',
  });
  return {
    ask: (cluster, own, asked, onBehalfOf) =>
      keep(cluster, JSON.stringify([speakerOf(own), asked.map(questionOf)]), () =>
        askAll(cluster, own, asked, onBehalfOf, ports),
      ),
  };
}

async function askAll(
  cluster: ClusterConnection,
  own: Grant,
  asked: readonly RequestInfo[],
  onBehalfOf: string,
  ports: OwnCallPorts,
): Promise<Consent> {
  const answers = await Promise.all(
    asked.map((request) => reviewAccess(cluster, own, request, 'impersonate', ports, onBehalfOf)),
  );
  for (const [at, answer] of answers.entries()) {
    const { resource, subresource, name } = asked[at] as RequestInfo;
    const what = `${subresource === '' ? resource : `${resource}/${subresource}`} ${JSON.stringify(name)}`;
    if (!answer.asked)
      return {
        ok: false,
        code: 'consentUnknown',
        message: `cluster "${cluster.name}" could not be asked whether ${JSON.stringify(own.user)} may impersonate ${what}: ${answer.why}`,
      };
    if (!answer.allowed)
      return {
        ok: false,
        code: 'impersonationRefused',
        message: `cluster "${cluster.name}" itself does not let ${JSON.stringify(own.user)} impersonate ${what}; ask an admin of that cluster`,
      };
  }
  return { ok: true };
}

function speakerOf(grant: Grant): unknown {
  const { user, groups } = grant;
  return grant.mode === 'impersonate' ? [user, groups, grant.uid ?? null, Object.entries(grant.extra)] : [user, groups];
}

const questionOf = ({ group, resource, subresource, namespace, name }: RequestInfo): unknown => [
  group,
  resource,
  subresource,
  namespace,
  name,
];
