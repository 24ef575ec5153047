import { authenticate, cookieCounts } from '#identity';
import {
  MAX_TARGET_LENGTH,
  mayUpgrade,
  parseRequest,
  readClusterPrefix,
  readImpersonation,
  readRequestHeaders,
  type RequestHeaders,
} from '#kube';
import type { ClientRequest } from '#http';
import { resolveGrant } from '#mapping';
import { decide } from '#policy';
import type { ErrorCode } from '#errors';
import type { AllowedDecision, Grant, Identity } from '#model';
import { actAs, type ActingAs } from './act-as.ts';
import type { AuditDraft } from './audit-draft.ts';
import { GATEWAY_CLUSTER, type PipelinePorts, type PipelineSettings } from './ports.ts';
import type { Refusal } from './refusal.ts';
import { refuseDenied } from './refuse-denied.ts';
import type { ClusterUpstream, Snapshot } from './snapshot.ts';

interface JudgedBase {
  readonly ok: true;
  readonly identity: Identity;
  readonly headers: RequestHeaders;
  readonly decision: AllowedDecision;
  readonly clusterPrefix: string;
}

/** An allowed request: for a cluster with the Grant that speaks there, or for the gateway's own objects without one. */
export type Judged =
  | (JudgedBase & {
      readonly own: false;
      readonly grant: Grant;
      readonly upstream: ClusterUpstream;
      /** The person's own; another than `grant` where they act as somebody else. */
      readonly ownGrant: Grant;
      readonly acting: ActingAs | undefined;
    })
  | (JudgedBase & { readonly own: true });

const refuse = (code: ErrorCode, message?: string): Refusal => ({ ok: false, code, message });

/**
 * Stages 1 to 3, in order: bytes → RequestInfo, credential → Identity, Identity → Grant, all of it → Decision.
 * Fills the audit draft as it goes, so that a refusal is recorded with all that was known. Sends nothing anywhere, but
 * for the question whether the cluster lets an allowed person act as somebody else.
 */
export async function judge(
  request: ClientRequest,
  asksForUpgrade: boolean,
  snapshot: Snapshot,
  draft: AuditDraft,
  settings: PipelineSettings,
  ports: PipelinePorts,
): Promise<Judged | Refusal> {
  // The source address first: it belongs into the record whatever happens next.
  const read = readRequestHeaders(request.rawHeaders);
  const peer = request.socket.remoteAddress;
  const source = settings.addresses.read(peer, read.ok ? read.headers.forwardedFor : undefined);
  draft.sourceAddress = source.address;
  if (source.unreadableHop !== undefined) draft.annotations['unreadable-hop'] = JSON.stringify(source.unreadableHop);
  if (!read.ok) return refuse(read.code, read.message);
  const { headers } = read;
  draft.userAgent = headers.userAgent ?? '';
  if (!settings.isKnownHost(headers.host))
    return refuse(
      headers.host === undefined ? 'badHeader' : 'misdirected',
      headers.host === undefined ? 'the request has no Host header' : undefined,
    );

  // kube: the bytes that are judged here are the bytes that will be sent.
  const target = request.url ?? '';
  if (target.length > MAX_TARGET_LENGTH) return refuse('targetTooLong');
  const prefix = readClusterPrefix(target);
  if (prefix.kind === 'refused') return refuse(prefix.code, prefix.message);
  if (prefix.kind === 'gateway') return refuse('badPath');
  const cluster = prefix.kind === 'cluster' ? prefix.cluster : (snapshot.defaultCluster ?? '');
  draft.cluster = cluster;
  const parsed = parseRequest(request.method ?? '', prefix.target);
  if (!parsed.ok) return refuse(parsed.code, parsed.message);
  const info = (draft.request = parsed.request);
  // Node hands over the socket for any upgrade that is asked for; only the two that the API server speaks are served.
  if (asksForUpgrade !== (headers.upgrade !== undefined) || (asksForUpgrade && !mayUpgrade(info)))
    return refuse('badUpgrade');
  // A replay of the record must ask the rules the same question, also where nothing was upgraded in the end.
  if (headers.upgrade !== undefined) draft.annotations.upgrade = headers.upgrade;

  // identity
  const authenticating = authenticate(
    {
      authorization: headers.authorization,
      websocketBearer: headers.websocketBearer,
      cookies: headers.cookies,
      cookieAllowed: cookieCounts(
        {
          secFetchSite: headers.secFetchSite,
          secFetchMode: headers.secFetchMode,
          origin: headers.origin,
          method: info.method,
          upgrade: headers.upgrade !== undefined,
        },
        settings.externalOrigin,
      ),
      sourceAddress: draft.sourceAddress,
    },
    snapshot.issuers,
    ports.identity,
  );
  // Here and below: no turn of the event loop where nothing has to be waited for.
  const authentication = authenticating instanceof Promise ? await authenticating : authenticating;
  if (authentication.outcome === 'notPresented') return refuse('notPresented', authentication.message);
  if (authentication.outcome === 'failed') return refuse(authentication.code, authentication.message);
  const identity = (draft.identity = authentication.identity);
  ports.seen(identity);

  // mapping: as whom the cluster sees this person. The gateway's own objects need none.
  const own = cluster === GATEWAY_CLUSTER && prefix.kind === 'cluster';
  if (own && headers.hasImpersonation)
    return refuse('impersonationRefused', 'on the gateway’s own objects nobody acts as somebody else (--as)');
  const upstream = own ? undefined : snapshot.clusters.get(cluster);
  if (!own && snapshot.disabledClusters.has(cluster)) return refuse('clusterDisabled');
  if (!own && !upstream) {
    return refuse(
      'unknownCluster',
      prefix.kind === 'default' ? 'no cluster is the default one; use /clusters/<name>/…' : undefined,
    );
  }
  let grant: Grant | undefined;
  if (!own) {
    const resolving = resolveGrant(snapshot.mappings, identity, cluster, ports.mapping);
    const resolved = resolving instanceof Promise ? await resolving : resolving;
    if (!resolved.ok) return refuse(resolved.code, resolved.message);
    grant = draft.grant = resolved.grant;
  }

  // policy: judges the person, never the mapped names.
  const context = { upgrade: headers.upgrade !== undefined, sourceAddress: draft.sourceAddress, nowMs: ports.now() };
  const decision = decide(snapshot.policy, identity, cluster, info, context);
  if (!decision.allowed) {
    draft.decision = decision;
    return refuseDenied(decision, identity, settings.externalOrigin);
  }
  const ownGrant = grant;
  let acting: ActingAs | undefined;
  if (headers.hasImpersonation && grant && upstream) {
    const wanted = readImpersonation(request.rawHeaders);
    if (!wanted.ok) return refuse('badHeader', wanted.message);
    const judged = actAs(snapshot, { identity, cluster, grant, asked: wanted.asked, request: info, context });
    if (!judged.ok) {
      draft.decision = judged.decision;
      return judged;
    }
    const consent = await ports.consents.ask(upstream, grant, judged.questions, draft.auditId);
    if (!consent.ok) return refuse(consent.code, consent.message);
    draft.annotations['original-user'] = grant.user;
    draft.annotations['impersonation-rules'] = judged.rules.join(',');
    acting = judged;
    grant = draft.grant = judged.grant;
  }
  draft.decision = decision;
  const base = {
    ok: true as const,
    identity,
    headers,
    decision,
    clusterPrefix: prefix.kind === 'cluster' ? `/clusters/${cluster}` : '',
  };
  return grant && ownGrant && upstream
    ? { ...base, own: false, grant, ownGrant, upstream, acting }
    : { ...base, own: true };
}
