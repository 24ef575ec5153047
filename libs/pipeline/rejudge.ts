import { identityFromClaims, SERVICE_ISSUER, type DisabledPeople } from '#identity';
import { resolveGrant, type MappingPorts } from '#mapping';
import { decide } from '#policy';
import type { ErrorCode } from '#errors';
import type { AskedIdentity, Grant, Identity, RequestInfo } from '#model';
import { actAs } from './act-as.ts';
import type { Refusal } from './refusal.ts';
import type { ClusterUpstream, Snapshot } from './snapshot.ts';

/** What an open stream was allowed by; held as long as it is open. */
export interface OpenedBy {
  readonly identity: Identity;
  readonly cluster: string;
  readonly request: RequestInfo;
  readonly upgrade: boolean;
  readonly sourceAddress: string;
  /** The person's own, also where they act as somebody else. */
  readonly ownGrant: Grant;
  /** As whom the person acts, where they do. */
  readonly asked: AskedIdentity | undefined;
  readonly upstream: ClusterUpstream;
}

/** By id, the claims by which each acts now: a refresh may have taken groups away. */
export type LiveCredentials = ReadonlyMap<string, Readonly<Record<string, unknown>>>;

export interface RejudgePorts {
  readonly mapping: MappingPorts;
  readonly disabledPeople: DisabledPeople;
  now(): number;
}

const refuse = (code: ErrorCode, message: string): Refusal => ({ ok: false, code, message });

/**
 * Would this stream be allowed now? The same stages as when it was opened, but for the signature, which does not change.
 * @param alive the sessions and access tokens that still exist; their claims may be newer than those it was opened by.
 * @returns why not, or undefined.
 */
export async function rejudge(
  opened: OpenedBy,
  snapshot: Snapshot,
  alive: LiveCredentials,
  ports: RejudgePorts,
): Promise<Refusal | undefined> {
  const { credential, issuerUrl, subject, expiresAtMs } = opened.identity;
  if (ports.now() >= expiresAtMs) return refuse('expiredCredential', 'the credential that opened this has expired');
  const claims = credential.kind === 'bearer' ? opened.identity.claims : alive.get(credential.id);
  if (claims === undefined)
    return refuse(
      'invalidCredential',
      `the ${credential.kind === 'token' ? 'access token' : 'session'} that opened this was ended`,
    );
  if (ports.disabledPeople.has(issuerUrl, subject)) return refuse('userDisabled', 'the person was disabled');
  if (snapshot.disabledClusters.has(opened.cluster))
    return refuse('clusterDisabled', `cluster "${opened.cluster}" was disabled`);
  if (snapshot.clusters.get(opened.cluster) !== opened.upstream)
    return refuse('unknownCluster', `cluster "${opened.cluster}" was changed or removed`);
  const identity = nameAgain({ ...opened.identity, claims }, snapshot);
  if (!identity)
    return refuse('invalidCredential', `the issuer "${opened.identity.issuer}" does not name this person any more`);
  const resolved = await resolveGrant(snapshot.mappings, identity, opened.cluster, ports.mapping);
  if (!resolved.ok) return refuse(resolved.code, resolved.message);
  if (!isSameGrant(resolved.grant, opened.ownGrant))
    return refuse(
      'noMapping',
      `mapping "${resolved.grant.mapping}" now makes this person somebody else on cluster "${opened.cluster}"`,
    );
  const { upgrade, sourceAddress, cluster, request, asked } = opened;
  const context = { upgrade, sourceAddress, nowMs: ports.now() };
  const decision = decide(snapshot.policy, identity, cluster, request, context);
  if (!decision.allowed) return refuse('denied', decision.reason);
  if (!asked) return undefined;
  const acting = actAs(snapshot, { identity, cluster, grant: resolved.grant, asked, request, context });
  return acting.ok ? undefined : acting;
}

/** By these claims and the Issuer as it is now. */
function nameAgain(identity: Identity, { issuers }: Snapshot): Identity | undefined {
  const { credential, expiresAtMs, narrowing } = identity;
  if (identity.issuer === SERVICE_ISSUER) {
    const service = issuers.serviceIdentity(identity.subject, credential, expiresAtMs);
    return service && { ...service, narrowing };
  }
  const issuer = issuers.byName(identity.issuer);
  if (!issuer || issuer.issuer.url !== identity.issuerUrl) return undefined;
  const named = identityFromClaims(issuer, identity.claims, credential, expiresAtMs);
  return named.ok ? ({ ...named.identity, narrowing } as Identity) : undefined;
}

/** A stream goes on as whom it began: another name, group or token upstream is another stream. */
function isSameGrant(one: Grant, other: Grant): boolean {
  return one.mode === other.mode && JSON.stringify(speaker(one)) === JSON.stringify(speaker(other));
}

function speaker(grant: Grant): unknown {
  const { mapping: _mapping, ...who } = grant;
  return who;
}
