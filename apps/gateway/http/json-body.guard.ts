import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { GatehouseError } from '#errors';
import type { RequestWithPerson } from './person.guard.ts';

/**
 * Refuses (415) a body that the JSON parser left alone, as `curl -d` sends it without a Content-Type: it is told what to
 * send, instead of what its missing fields would be. For controllers behind the PersonGuard, so that who asks comes
 * first; what an access token may not do at all the handlers say, before they look at a body.
 */
@Injectable()
export class JsonBodyGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const { headers, body, person } = context.switchToHttp().getRequest<RequestWithPerson>();
    const { 'content-length': length, 'transfer-encoding': encoding } = headers;
    const hasBody = encoding !== undefined || (length !== undefined && length !== '0');
    if (hasBody && body === undefined && person?.credential.kind !== 'token')
      throw new GatehouseError(
        'unsupportedMediaType',
        'send the body as JSON, with the header Content-Type: application/json',
      );
    return true;
  }
}
