import type { ErrorCode } from '#errors';
import type { Grant, RequestInfo } from '#model';
import type { OwnCallPorts } from './call-as-gateway.ts';
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

interface Kept {
  readonly consent: Promise<Consent>;
  readonly untilMs: number;
}

/** As short as the API server's own memory of such answers; a right taken away in the cluster ends with it. */
const KEEP_MS = 5000;
const MAX_KEPT = 1000;

/**
 * Upstream sees the gateway's credential only, so the API server cannot judge who acts as whom; it is asked
 * (SubjectAccessReview), about every name, for the mapped identity of the person. Only a clear yes to all is consent:
 * where it cannot be asked nobody acts as anybody. Answers are kept for some seconds, under all that was asked, and
 * belong to one connection object.
 */
export function createConsents(ports: OwnCallPorts): Consents {
  const kept = new WeakMap<ClusterConnection, Map<string, Kept>>();
  return {
    ask(cluster, own, asked, onBehalfOf) {
      let answers = kept.get(cluster);
      if (!answers) kept.set(cluster, (answers = new Map()));
      const key = JSON.stringify([speakerOf(own), asked.map(questionOf)]);
      const nowMs = ports.now();
      const known = answers.get(key);
      if (known && nowMs < known.untilMs) return known.consent;
      const consent = askAll(cluster, own, asked, onBehalfOf, ports);
      // Maps keep the order of insertion: the first one is the oldest.
      answers.delete(key);
      for (const [old] of answers) {
        if (answers.size < MAX_KEPT) break;
        answers.delete(old);
      }
      const entry = { consent, untilMs: nowMs + KEEP_MS };
      answers.set(key, entry);
      // No answer is no knowledge: whoever waits shares it, and the next one asks again.
      const forget = (): void => {
        if (answers.get(key) === entry) answers.delete(key);
      };
      consent.then((answer) => {
        if (!answer.ok && answer.code === 'consentUnknown') forget();
      }, forget);
      return consent;
    },
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
