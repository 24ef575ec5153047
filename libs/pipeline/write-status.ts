import { ERRORS, type ErrorCode } from '#errors';
import { reasonPhrase, type ClientResponse } from '#http';
import { statusBody } from '#kube';

const RETRY_AFTER: Partial<Record<ErrorCode, string>> = {
  tooManyRequests: '1',
  serviceAccountTokenUnavailable: '2',
  storeUnavailable: '2',
  auditUnavailable: '2',
  identityUnavailable: '5',
  outOfDescriptors: '2',
  draining: '1',
};

/** Seconds, for the header `Retry-After`; undefined where trying again does not help. */
export const retryAfterOf = (code: ErrorCode): string | undefined => RETRY_AFTER[code];

/**
 * Answers with a Kubernetes `Status` whose `code` is the HTTP status. 401 names the scheme (RFC 9110 section 11.6.1);
 * `nosniff` since messages quote what the client sent.
 */
export function writeStatus(
  response: ClientResponse,
  code: ErrorCode,
  message: string | undefined,
  auditId: string,
  { details, challenge = 'Bearer realm="gatehouse"' }: { readonly details?: object; readonly challenge?: string } = {},
): void {
  const entry = ERRORS[code];
  const body = Buffer.from(statusBody(entry.status, entry.reason, message ?? entry.message, details));
  const headers: string[] = [
    'Content-Type',
    'application/json',
    'Content-Length',
    String(body.length),
    'X-Content-Type-Options',
    'nosniff',
    'Cache-Control',
    'no-store',
    'Audit-Id',
    auditId,
  ];
  if (entry.status === 401) headers.push('WWW-Authenticate', challenge);
  const retryAfter = retryAfterOf(code);
  if (retryAfter) headers.push('Retry-After', retryAfter);
  response.writeHead(entry.status, reasonPhrase(entry.status), headers);
  response.end(body);
}
