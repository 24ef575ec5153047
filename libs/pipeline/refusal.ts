import type { ErrorCode } from '#errors';

/** An expected end of a request before it goes anywhere. */
export interface Refusal {
  readonly ok: false;
  readonly code: ErrorCode;
  readonly message: string | undefined;
  /** `details` of the Status. */
  readonly details?: object;
  /** `WWW-Authenticate` of a 401, where there is more to say than its scheme. */
  readonly challenge?: string;
}
