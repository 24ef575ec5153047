/**
 * JSON text of a `metav1.Status` failure: the form of every answer that the gateway itself makes on API paths.
 * @param code equal to the HTTP status it is sent with.
 */
export function statusBody(code: number, reason: string, message: string, details?: object): string {
  return JSON.stringify({
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message,
    reason,
    ...(details && { details }),
    code,
  });
}
