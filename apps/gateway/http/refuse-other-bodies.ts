import type { Request } from 'express';
import { GatehouseError } from '#errors';

/**
 * A body that the JSON parser left alone, as `curl -d` sends it without a Content-Type: it is told what to send, instead
 * of what its missing fields would be.
 * @throws GatehouseError unsupportedMediaType.
 */
export function refuseOtherBodies(request: Request): void {
  const { 'content-length': length, 'transfer-encoding': encoding } = request.headers;
  const hasBody = encoding !== undefined || (length !== undefined && length !== '0');
  if (hasBody && request.body === undefined)
    throw new GatehouseError(
      'unsupportedMediaType',
      'send the body as JSON, with the header Content-Type: application/json',
    );
}
