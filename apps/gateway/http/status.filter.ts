import { Catch, HttpException, Inject, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { Request, Response } from 'express';
import { describeError, ERRORS, GatehouseError, type ErrorCode } from '#errors';
import { statusBody } from '#kube';
import { retryAfterOf } from '#pipeline';
import { LOG, type Log } from '../log.ts';
import { FAIL_ACT, type FailAct } from './ports.ts';
import { createSeldomLog } from './say-seldom.ts';

const CODE_OF_HTTP_STATUS: Readonly<Record<number, ErrorCode>> = {
  400: 'badRequest',
  404: 'notFound',
  413: 'tooLarge',
  415: 'unsupportedMediaType',
};

/** Of a request that is good HTTP. */
const WHAT_CANNOT_BE_READ: Partial<Readonly<Record<ErrorCode, string>>> = {
  badRequest: 'the path or the JSON in the body is malformed',
  unsupportedMediaType: 'send the body as JSON in UTF-8, with the header Content-Type: application/json',
};

/** Every fault below `/-/` is answered as a `Status`, like everywhere else; what is not ours is never shown. */
@Catch()
export class StatusFilter implements ExceptionFilter {
  private readonly seldom: Pick<Log, 'error'>;

  constructor(
    @Inject(LOG) log: Log,
    @Inject(FAIL_ACT) private readonly failAct: FailAct,
  ) {
    this.seldom = createSeldomLog(log);
  }

  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const response = http.getResponse<Response>();
    const code = codeOf(error);
    const { status, reason, message } = ERRORS[code];
    this.failAct(http.getRequest<Request>(), code, status);
    if (response.headersSent) return void response.destroy();
    if (status >= 500) this.seldom.error('control plane request failed', { error: describeError(error) });
    if (status === 401) response.setHeader('WWW-Authenticate', 'Bearer realm="gatehouse"');
    const retryAfter = retryAfterOf(code);
    if (retryAfter) response.setHeader('Retry-After', retryAfter);
    const text = error instanceof GatehouseError ? error.message : (WHAT_CANNOT_BE_READ[code] ?? message);
    response
      .status(status)
      .type('application/json')
      .send(statusBody(status, reason, text));
  }
}

function codeOf(error: unknown): ErrorCode {
  if (error instanceof GatehouseError) return error.code;
  const status = error instanceof HttpException ? error.getStatus() : (error as { status?: number }).status;
  return CODE_OF_HTTP_STATUS[status ?? 500] ?? 'internal';
}
