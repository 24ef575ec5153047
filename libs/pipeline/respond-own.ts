import { reasonPhrase, type ClientRequest, type ClientResponse } from '#http';
import type { AuditDraft } from './audit-draft.ts';
import type { Judged } from './judge.ts';
import type { PipelinePorts, PipelineSettings } from './ports.ts';
import { readLimitedBody } from './read-limited-body.ts';
import { warningHeader } from './warning-header.ts';

/** The gateway's own objects: the same line, but the response is made here instead of upstream. */
export async function respondOwn(
  judged: Judged,
  request: ClientRequest,
  draft: AuditDraft,
  response: ClientResponse,
  settings: PipelineSettings,
  ports: PipelinePorts,
): Promise<void> {
  const { headers, identity, decision } = judged;
  if (headers.expectContinue) response.writeContinue();
  const answer = await ports.ownApi.handle({
    info: decision.request,
    identity,
    body: (maxBytes) =>
      readLimitedBody(request, {
        withinMs: settings.timeouts.shortRequestSeconds * 1000,
        maxBytes: Math.min(maxBytes, settings.maxBodyBytes),
      }),
    accept: headers.accept,
    contentType: headers.contentType,
    auditId: draft.auditId,
    sourceAddress: draft.sourceAddress,
  });
  Object.assign(draft.annotations, answer.annotations);
  draft.statusCode = answer.statusCode;
  const body = Buffer.from(answer.body);
  draft.bytesOut = body.length;
  response.writeHead(answer.statusCode, reasonPhrase(answer.statusCode), [
    'Content-Type',
    answer.contentType,
    'Content-Length',
    String(body.length),
    'X-Content-Type-Options',
    'nosniff',
    'Cache-Control',
    'no-store',
    'Content-Security-Policy',
    'sandbox',
    'Audit-Id',
    draft.auditId,
    ...(answer.warnings ?? []).flatMap((warning) => ['Warning', warningHeader(warning)]),
  ]);
  response.end(body);
}
