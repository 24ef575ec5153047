import { IncomingMessage, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { describeError, GatehouseError, ERRORS, type ErrorCode } from '#errors';
import { forwardRequest, forwardUpgrade, type ForwardInput } from '#forward';
import {
  responseOnSocket,
  type ClientRequest,
  type ClientResponse,
  type ExchangeOutcome,
  type RunningExchange,
} from '#http';
import type { Lease } from '#limits';
import type { Identity, RequestInfo } from '#model';
import { createAuditDraft, type AuditDraft } from './audit-draft.ts';
import { cutUnreadBody } from './cut-unread-body.ts';
import { explainUnauthorized } from './explain-unauthorized.ts';
import { expiryWarnings } from './expiry-warnings.ts';
import { judge } from './judge.ts';
import type { PipelinePorts, PipelineSettings } from './ports.ts';
import type { Refusal } from './refusal.ts';
import { respondOwn } from './respond-own.ts';
import { warningHeader } from './warning-header.ts';
import { watchStream } from './watch-stream.ts';
import { writeStatus } from './write-status.ts';

export interface Pipeline {
  /** An ordinary request on an API path. Never rejects; always answers or cuts the connection; always records. */
  handleRequest(request: ClientRequest, response: ClientResponse): Promise<void>;
  /** A request that asked for an upgrade; `socket` is the pipeline's from here on. */
  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void>;
  /** Ends everything that is under way, at a shutdown; the records say that the gateway did it. */
  endOpen(): void;
  /**
   * Records what never became a request that a stage could see (parser faults, CONNECT).
   * @returns the audit id.
   */
  recordUnreadable(code: ErrorCode, source: { address: string | undefined; method: string; target: string }): string;
}

type Answer = () => ClientResponse;
type Send = (input: ForwardInput) => RunningExchange;

/**
 * One request, in a straight line:
 * snapshot → bytes → identity → mapping → policy (`judge`) → a place → a durable start record where the request must
 * have one → the token of a mapped service account → forward → record. The place is given back on every exit.
 */
export function createPipeline(settings: PipelineSettings, ports: PipelinePorts): Pipeline {
  const open = new Set<RunningExchange>();
  let ended = false;

  async function run(
    request: ClientRequest,
    asksForUpgrade: boolean,
    client: { readonly destroyed: boolean },
    answer: Answer,
    send: Send,
  ): Promise<void> {
    const receivedAtMs = ports.now();
    const snapshot = ports.snapshot();
    const draft = createAuditDraft(
      ports.newAuditId(receivedAtMs),
      receivedAtMs,
      snapshot.revision,
      request.method ?? '',
      request.url ?? '',
      settings.servedBy,
    );
    let place: Lease | undefined;
    let stream: RequestInfo | undefined;
    let running: RunningExchange | undefined;
    try {
      if (ports.draining()) return refuse(draft, answer, 'draining');
      // I7: no record, no request. The queue keeps what it has and says here that it cannot take more.
      if (!ports.audit.healthy()) return refuse(draft, answer, 'auditUnavailable');
      const epoch = ports.streams.epoch();
      const judged = await judge(request, asksForUpgrade, snapshot, draft, settings, ports);
      if (!judged.ok) return refuse(draft, answer, judged.code, judged.message, judged);
      if ((judged.headers.contentLength ?? 0) > settings.maxBodyBytes) return refuse(draft, answer, 'tooLarge');
      const taking = judged.decision.request.longRunning
        ? ports.limits.takeStream(judged.identity)
        : ports.limits.takeRequest(judged.identity);
      // No promise, and no turn of the event loop, where this process can answer by itself.
      const taken = taking instanceof Promise ? await taking : taking;
      if (!taken.ok) return refuse(draft, answer, 'tooManyRequests', taken.message);
      place = taken;
      const { request: info } = judged.decision;
      if (info.longRunning) ports.observer.streamOpened((stream = info));
      if (settings.recordFirst.has(info, asksForUpgrade)) await startRecord('RequestReceived', draft, ports);
      // What runs for hours must be in the log while it runs.
      else if (info.longRunning) await startRecord('ResponseStarted', draft, ports);
      draft.begun = true;
      // Only for an allowed request: a refused one sends nothing anywhere.
      const bearer =
        !judged.own && judged.grant.mode === 'serviceAccount'
          ? await ports.serviceAccounts.get(judged.upstream, judged.grant, draft.auditId)
          : undefined;
      if (bearer?.ok === false) return refuse(draft, answer, bearer.code, bearer.message);
      // The client may have disconnected while we awaited the session or token; its `close` event has already fired, so
      // nothing would ever cancel an upstream request started now.
      if (client.destroyed) {
        draft.annotations.aborted = ports.draining() ? 'gateway' : 'client';
        return;
      }
      // The grace of a shutdown is over.
      if (ended) return refuse(draft, answer, 'draining');
      if (judged.own) return await respondOwn(judged, request, draft, answer(), settings, ports);

      const { grant, upstream } = judged;
      const forwarding = send({
        body: request instanceof IncomingMessage ? request : undefined,
        decision: judged.decision,
        grant,
        serviceAccountToken: bearer?.token,
        headers: judged.headers,
        upstream,
        flow: flowOf(judged.identity),
        auditId: draft.auditId,
        clientAddress: draft.sourceAddress,
        clusterPrefix: judged.clusterPrefix,
        timeouts: settings.timeouts,
        maxBodyBytes: settings.maxBodyBytes,
        warnings: expiryWarnings(judged.identity, grant, receivedAtMs).map(warningHeader),
      });
      running = forwarding;
      open.add(forwarding);
      if (grant.mode === 'storedToken') ports.storedTokenUsed(grant.tokenId);
      const release =
        asksForUpgrade || judged.decision.request.longRunning
          ? watchStream(judged, draft, asksForUpgrade, forwarding, ports, epoch)
          : undefined;
      const first = await forwarding.outcome;
      release?.();
      const outcome = await explainUnauthorized(first, judged, bearer?.token, draft.auditId, ports.credentials);
      if (outcome.refusal?.code === 'serviceAccountTokenRejected' && grant.mode === 'serviceAccount' && bearer)
        ports.serviceAccounts.forget(upstream, grant, bearer.token);
      settle(draft, outcome, answer);
    } catch (error) {
      fail(draft, answer, error);
    } finally {
      if (running) open.delete(running);
      place?.release();
      if (stream) ports.observer.streamClosed(stream);
      if (!request.complete) cutUnreadBody(request);
      record(draft, ports.now());
    }
  }

  /** An anonymous flood is counted beyond a rate (I6), and costs no record then. */
  function record(draft: AuditDraft, nowMs: number): void {
    const { identity, refusal, sourceAddress } = draft;
    ports.observer.requestEnded({
      request: draft.request,
      cluster: draft.cluster,
      allowed: draft.decision?.allowed === true,
      statusCode: draft.statusCode,
      refusal: refusal?.code,
      durationMs: draft.elapsedMs(),
      bytesIn: draft.bytesIn,
      bytesOut: draft.bytesOut,
    });
    if (!identity && refusal && !ports.refusals.admit(sourceAddress, refusal.code)) return;
    ports.audit.record(draft.toRecord('ResponseComplete', nowMs), draft.started);
  }

  function refuse(
    draft: AuditDraft,
    answer: Answer,
    code: ErrorCode,
    message?: string,
    more: Pick<Refusal, 'details' | 'challenge'> = {},
  ): void {
    const text = message ?? ERRORS[code].message;
    draft.refusal = { code, message: text };
    draft.statusCode = ERRORS[code].status;
    const response = answer();
    if (response.headersSent || response.destroyed) return;
    writeStatus(response, code, text, draft.auditId, more);
  }

  function settle(draft: AuditDraft, outcome: ExchangeOutcome, answer: Answer): void {
    draft.statusCode = outcome.statusCode;
    draft.bytesIn = outcome.bytesIn;
    draft.bytesOut = outcome.bytesOut;
    draft.upstreamRequests = outcome.upstreamRequests;
    if (outcome.aborted) draft.annotations.aborted = outcome.aborted;
    if (outcome.abortCode) draft.annotations.abortCode = outcome.abortCode;
    if (outcome.cause !== undefined) {
      const cause = describeError(outcome.cause);
      draft.annotations.cause = cause.slice(0, MAX_CAUSE_LENGTH);
      const stack = outcome.abortCode === 'exchangeFailed' || outcome.refusal?.code === 'exchangeFailed';
      ports.log[stack ? 'error' : 'warn']('forward failed', {
        auditId: draft.auditId,
        cluster: draft.cluster,
        cause,
        ...(stack ? { stack: (outcome.cause as Error).stack } : {}),
      });
    }
    if (outcome.refusal) refuse(draft, answer, outcome.refusal.code, outcome.refusal.message);
  }

  function fail(draft: AuditDraft, answer: Answer, error: unknown): void {
    const code = error instanceof GatehouseError ? error.code : 'internal';
    try {
      // Half a response must not look like a whole one, nor keep its connection.
      if (answer().headersSent) answer().destroy();
      // Only a GatehouseError's own message may be shown; a cause never is.
      refuse(draft, answer, code, error instanceof GatehouseError ? error.message : undefined);
    } catch {
      answer().destroy();
    }
    if (ERRORS[code].status >= 500)
      ports.log.error('request failed', {
        auditId: draft.auditId,
        error: describeError(error),
        ...(code === 'internal' ? { stack: (error as Error).stack } : {}),
      });
  }

  /** Past every other boundary: nobody can be told any more, and the process must not end. */
  function giveUp(error: unknown, client: { destroy(): unknown }): void {
    ports.log.error('request failed', { error: describeError(error) });
    client.destroy();
  }

  return {
    endOpen() {
      ended = true;
      for (const exchange of open) exchange.abort('draining');
    },
    handleRequest: (request, response) =>
      run(
        request,
        false,
        response,
        () => response,
        (input) => {
          // The person may; only now is the client told to send its body (RFC 9110 section 10.1.1).
          if (input.headers.expectContinue) response.writeContinue();
          return forwardRequest(input, response);
        },
      ).catch((error: unknown) => giveUp(error, response)),
    handleUpgrade(request, socket, head) {
      let response: ServerResponse | undefined;
      const respond = (): ServerResponse => (response ??= responseOnSocket(request, socket));
      return run(request, true, socket, respond, (input) =>
        forwardUpgrade(input, { socket, head, response: respond }),
      ).catch((error: unknown) => giveUp(error, socket));
    },
    recordUnreadable(code, source) {
      const receivedAtMs = ports.now();
      const draft = createAuditDraft(
        ports.newAuditId(receivedAtMs),
        receivedAtMs,
        ports.snapshot().revision,
        source.method,
        source.target,
        settings.servedBy,
      );
      draft.sourceAddress = settings.addresses.read(source.address, undefined).address;
      draft.refusal = { code, message: ERRORS[code].message };
      draft.statusCode = ERRORS[code].status;
      record(draft, receivedAtMs);
      return draft.auditId;
    },
  };
}

const MAX_CAUSE_LENGTH = 300;

/** Verified credentials are cached with their identities, so the key is made once and knows its hash. */
const flows = new WeakMap<Identity, string>();

/** Whoever acts, whatever credential proves it and whoever is impersonated. A line break stands in no URL. */
function flowOf(identity: Identity): string {
  let flow = flows.get(identity);
  if (flow === undefined) flows.set(identity, (flow = `${identity.issuerUrl}\n${identity.subject}`));
  return flow;
}

/** Where it cannot be saved nothing is sent; the record stays queued, and is completed as refused. */
async function startRecord(
  stage: 'RequestReceived' | 'ResponseStarted',
  draft: AuditDraft,
  ports: PipelinePorts,
): Promise<void> {
  draft.started = true;
  try {
    await ports.audit.recordDurably(draft.toRecord(stage, ports.now()));
  } catch (cause) {
    throw new GatehouseError('auditUnavailable', undefined, { cause });
  }
}
