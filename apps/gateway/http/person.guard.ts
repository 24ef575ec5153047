import {
  Inject,
  Injectable,
  SetMetadata,
  createParamDecorator,
  type CanActivate,
  type ExecutionContext,
} from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { Request } from 'express';
import { ERRORS, GatehouseError } from '#errors';
import type { Identity, Narrowing } from '#model';
import { READ_PERSON, RECORD_ACT, type ReadPerson, type RecordAct } from './ports.ts';

const PUBLIC = 'gatehouse:public';
const FOR_NARROWED = 'gatehouse:forNarrowedTokens';

/** Marks a handler that answers people who are not logged in. Everything else is closed. */
export const Public = () => SetMetadata(PUBLIC, true);

/** Marks a handler that a narrowed access token reaches as well. It must change nothing and show no secret. */
export const ForNarrowedTokens = () => SetMetadata(FOR_NARROWED, true);

export type RequestWithPerson = Request & { person?: Identity };

/**
 * Closed by default: a handler without `@Public()` is reached by identified people only, and one without
 * `@ForNarrowedTokens()` not by a narrowed access token. What lies below `/-/` is no cluster, namespace or verb of a
 * cluster, so that no narrowing ever names it.
 */
@Injectable()
export class PersonGuard implements CanActivate {
  constructor(
    @Inject(Reflector) private readonly reflector: Reflector,
    @Inject(READ_PERSON) private readonly readPerson: ReadPerson,
    @Inject(RECORD_ACT) private readonly record: RecordAct,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const isMarked = (mark: string): boolean =>
      this.reflector.getAllAndOverride<boolean>(mark, [context.getHandler(), context.getClass()]) ?? false;
    if (isMarked(PUBLIC)) return true;
    const request = context.switchToHttp().getRequest<RequestWithPerson>();
    const authentication = await this.readPerson(request);
    if (authentication.outcome === 'identified') {
      if (isNarrowed(authentication.identity.narrowing) && !isMarked(FOR_NARROWED))
        this.refuseNarrowed(authentication.identity, request);
      request.person = authentication.identity;
      return true;
    }
    if (authentication.outcome === 'notPresented') throw new GatehouseError('notPresented', authentication.message);
    throw new GatehouseError(authentication.code, authentication.message);
  }

  private refuseNarrowed(identity: Identity, request: Request): never {
    const reason =
      'this access token is narrowed: it reads /-/me and does nothing else below /-/; log in, or use an ID token';
    const verb = VERBS[request.method] ?? request.method.toLowerCase();
    // `/-/me/tokens/<id>`: what it was about, without the names that follow.
    const resource = request.path.split('/').slice(2, 4).join('/');
    const { status } = ERRORS.denied;
    this.record({ request, verb, resource, identity, statusCode: status, outcome: 'refused', code: 'denied', reason });
    throw new GatehouseError('denied', reason);
  }
}

const VERBS: Readonly<Record<string, string>> = { GET: 'get', HEAD: 'get', POST: 'create', PUT: 'update' };

const isNarrowed = (narrowing: Narrowing | undefined): boolean =>
  Object.values(narrowing ?? {}).some((list) => list !== undefined);

/** The identified person of this request; only where the guard has let one through. */
export const Person = createParamDecorator((_data: unknown, context: ExecutionContext): Identity => {
  const { person } = context.switchToHttp().getRequest<RequestWithPerson>();
  if (!person) throw new GatehouseError('internal');
  return person;
});
