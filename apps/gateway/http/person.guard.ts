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
import { GatehouseError } from '#errors';
import type { Identity } from '#model';
import { READ_PERSON, type ReadPerson } from './ports.ts';

const PUBLIC = 'gatehouse:public';

/** Marks a handler that answers people who are not logged in. Everything else is closed. */
export const Public = () => SetMetadata(PUBLIC, true);

export type RequestWithPerson = Request & { person?: Identity };

/** Closed by default: a handler without `@Public()` is reached by identified people only. */
@Injectable()
export class PersonGuard implements CanActivate {
  constructor(
    @Inject(Reflector) private readonly reflector: Reflector,
    @Inject(READ_PERSON) private readonly readPerson: ReadPerson,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    if (this.reflector.getAllAndOverride<boolean>(PUBLIC, [context.getHandler(), context.getClass()])) return true;
    const request = context.switchToHttp().getRequest<RequestWithPerson>();
    const authentication = await this.readPerson(request);
    if (authentication.outcome === 'identified') {
      request.person = authentication.identity;
      return true;
    }
    if (authentication.outcome === 'notPresented') throw new GatehouseError('notPresented', authentication.message);
    throw new GatehouseError(authentication.code, authentication.message);
  }
}

/** The identified person of this request; only where the guard has let one through. */
export const Person = createParamDecorator((_data: unknown, context: ExecutionContext): Identity => {
  const { person } = context.switchToHttp().getRequest<RequestWithPerson>();
  if (!person) throw new GatehouseError('internal');
  return person;
});
