import { Catch, HttpException, Inject, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { Response } from 'express';
import { ERRORS, GatehouseError, type ErrorCode } from '#errors';
import { statusBody } from '#kube';
import { LOG, type Log } from '../log.ts';

const CODE_OF_HTTP_STATUS: Readonly<Record<number, ErrorCode>> = {
  400: 'badRequest',
  404: 'notFound',
  413: 'tooLarge',
  415: 'unsupportedMediaType',
};

/** Every fault below `/-/` is answered as a `Status`, like everywhere else; what is not ours is never shown. */
@Catch()
export class StatusFilter implements ExceptionFilter {
  /** Nobody has to be somebody to meet a fault here: a flood of them must not be a flood of lines. */
  private quietUntilMs = 0;
  private unsaid = 0;

  constructor(@Inject(LOG) private readonly log: Log) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const response = host.switchToHttp().getResponse<Response>();
    if (response.headersSent) return void response.destroy();
    const code = codeOf(error);
    const { status, reason, message } = ERRORS[code];
    if (status >= 500) this.say(error);
    if (status === 401) response.setHeader('WWW-Authenticate', 'Bearer realm="gatehouse"');
    const text = error instanceof GatehouseError ? error.message : message;
    response
      .status(status)
      .type('application/json')
      .send(statusBody(status, reason, text));
  }

  /** One line a second at most; the next one says how many were left out. */
  private say(error: unknown): void {
    const nowMs = performance.now();
    if (nowMs < this.quietUntilMs) return void this.unsaid++;
    this.log.error('control plane request failed', {
      error: String(error),
      cause: String((error as Error).cause ?? ''),
      ...(this.unsaid > 0 ? { leftOut: this.unsaid } : {}),
    });
    this.quietUntilMs = nowMs + 1000;
    this.unsaid = 0;
  }
}

function codeOf(error: unknown): ErrorCode {
  if (error instanceof GatehouseError) return error.code;
  const status = error instanceof HttpException ? error.getStatus() : (error as { status?: number }).status;
  return CODE_OF_HTTP_STATUS[status ?? 500] ?? 'internal';
}
