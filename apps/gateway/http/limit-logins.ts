import type { NextFunction, Request, RequestHandler, Response } from 'express';
import { ERRORS } from '#errors';
import { statusBody } from '#kube';
import { sourceOf } from '#limits';
import type { RecordAct } from './ports.ts';

/** Where a login begins and ends; each costs the gateway, and some the provider or a row of the database. */
export const LOGIN_PATHS = ['/-/auth/login', '/-/auth/callback', '/-/auth/device'];

/** Sources that are known to have to wait; whoever is forgotten is asked for again. */
const MAX_WAITING = 10_000;

export interface LoginLimitPorts {
  readSourceAddress(request: Request): string;
  /** 0 where this source may log in, else the milliseconds until it may. */
  take(source: string): Promise<number>;
  readonly record: RecordAct;
  now(): number;
}

/**
 * At most so many logins a minute from one source (a whole office may be behind one address), begun and finished ones
 * counted alike. One more is answered with 429 and recorded; a source that has to wait is not asked for meanwhile.
 */
export function limitLogins(ports: LoginLimitPorts): RequestHandler {
  const waitingUntilMs = new Map<string, number>();

  async function msToWait(source: string): Promise<number> {
    const knownMs = (waitingUntilMs.get(source) ?? 0) - ports.now();
    if (knownMs > 0) return knownMs;
    waitingUntilMs.delete(source);
    const waitMs = await ports.take(source);
    if (waitMs > 0) {
      if (waitingUntilMs.size >= MAX_WAITING) waitingUntilMs.clear();
      waitingUntilMs.set(source, ports.now() + waitMs);
    }
    return waitMs;
  }

  return async (request: Request, response: Response, next: NextFunction) => {
    const waitMs = await msToWait(sourceOf(ports.readSourceAddress(request)));
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
