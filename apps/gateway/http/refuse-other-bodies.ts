import type { NextFunction, Request, Response } from 'express';
import { GatehouseError } from '#errors';

/**
 * A body that the JSON parser left alone, as `curl -d` sends it without a Content-Type: it is told what to send, instead
 * of what its missing fields would be.
 */
export function refuseOtherBodies(request: Request, _response: Response, next: NextFunction): void {
  const { 'content-length': length, 'transfer-encoding': encoding } = request.headers;
  const hasBody = encoding !== undefined || (length !== undefined && length !== '0');
  if (!hasBody || request.body !== undefined) return next();
  next(
    new GatehouseError('unsupportedMediaType', 'send the body as JSON, with the header Content-Type: application/json'),
  );
}
