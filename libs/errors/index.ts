/**
 * Every refusal that the gateway itself makes has one stable code. A code decides the HTTP status and the Kubernetes
 * reason, so that no two places answer the same fault differently. docs/errors.md lists them; a test keeps both equal.
 */
export { ERRORS, GatehouseError, errorStatus, isErrorCode } from './errors.ts';
export type { ErrorCode, ErrorEntry } from './errors.ts';
export { describeConnectFailure, isOutOfDescriptors } from './connect-failure.ts';
export { describeError } from './describe-error.ts';
export { packError, unpackError } from './sent-error.ts';
export type { SentError } from './sent-error.ts';
