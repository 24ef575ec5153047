import type { NextFunction, Request, RequestHandler, Response } from 'express';
import { ERRORS } from '#errors';
import { statusBody } from '#kube';
import { createTokenBuckets, sourceOf } from '#limits';
import type { RecordAct } from './ports.ts';

/** Where a login begins and ends; each costs the gateway, and the second one the provider, some work. */
export const LOGIN_PATHS = ['/-/auth/login', '/-/auth/callback'];

/** Sources that are remembered. */
const MAX_SOURCES = 10_000;

/**
 * At most so many logins a minute from one source (a whole office may be behind one address), begun and finished ones
 * counted alike. One more is answered with 429 and recorded.
 *
 * @param perMinute 0 for no limit.
 */
export function limitLogins(
  perMinute: number,
  ports: { readSourceAddress(request: Request): string; record: RecordAct; now(): number },
): RequestHandler {
  if (perMinute === 0) return (_request: Request, _response: Response, next: NextFunction) => next();
  // A login is two requests.
  const buckets = createTokenBuckets({ burst: perMinute * 2, perMinute: perMinute * 2, maxKeys: MAX_SOURCES });
  return (request: Request, response: Response, next: NextFunction) => {
    const waitMs = buckets.take(sourceOf(ports.readSourceAddress(request)), ports.now());
    if (waitMs === 0) return next();
    const { status, reason } = ERRORS.tooManyRequests;
    const message = 'too many logins from your address; try again later';
    ports.record({
      request,
      verb: 'login',
      resource: 'sessions',
      statusCode: status,
      outcome: 'refused',
      code: 'tooManyRequests',
      reason: message,
    });
    response
      .status(status)
      .set('Retry-After', String(Math.ceil(waitMs / 1000)))
      .set('Cache-Control', 'no-store')
      .type('application/json')
      .send(statusBody(status, reason, message));
  };
}
