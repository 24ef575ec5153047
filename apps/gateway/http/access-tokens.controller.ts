import { Body, Controller, Delete, Get, Header, HttpCode, Inject, Param, Post, Req, UseGuards } from '@nestjs/common';
import type { Request } from 'express';
import { GatehouseError } from '#errors';
import type { Identity } from '#model';
import type { AccessTokens, AccessTokenView } from '../me/access-tokens.ts';
import { JsonBodyGuard } from './json-body.guard.ts';
import { Person } from './person.guard.ts';
import { ACCESS_TOKENS, RECORD_ACT, START_ACT, type RecordAct, type StartAct } from './ports.ts';
import { recordRefusal } from './record-refusal.ts';

/** A person's own access tokens. */
@Controller('-/me/tokens')
@UseGuards(JsonBodyGuard)
export class AccessTokensController {
  constructor(
    @Inject(ACCESS_TOKENS) private readonly tokens: AccessTokens,
    @Inject(START_ACT) private readonly start: StartAct,
    @Inject(RECORD_ACT) private readonly record: RecordAct,
  ) {}

  @Get()
  @Header('Cache-Control', 'no-store')
  async list(@Person() identity: Identity): Promise<{ items: AccessTokenView[] }> {
    return { items: await this.tokens.list(identity) };
  }

  @Get(':id')
  @Header('Cache-Control', 'no-store')
  async read(@Person() identity: Identity, @Param('id') id: string): Promise<AccessTokenView> {
    const found = (await this.tokens.list(identity)).find((token) => token.id === id);
    if (!found) throw new GatehouseError('notFound', 'you have no such access token');
    return found;
  }

  @Post()
  @HttpCode(201)
  @Header('Cache-Control', 'no-store')
  async create(@Person() identity: Identity, @Body() body: unknown, @Req() request: Request): Promise<object> {
    const act = { request, verb: 'create', resource: 'accesstokens', identity };
    await this.start(act);
    const made = await recordRefusal(this.record, act, this.tokens.create(identity, body));
    const reason = `made "${made.name}", until ${made.expiresAt}`;
    this.record({ ...act, name: made.id, statusCode: 201, outcome: 'allow', reason });
    return made;
  }

  @Delete(':id')
  @HttpCode(204)
  async remove(@Person() identity: Identity, @Param('id') id: string, @Req() request: Request): Promise<void> {
    const act = { request, verb: 'delete', resource: 'accesstokens', name: id.slice(0, 100), identity };
    await this.start(act);
    const removed = await this.tokens.remove(identity, id);
    const outcome = removed
      ? ({ statusCode: 204, outcome: 'allow' } as const)
      : ({ statusCode: 404, outcome: 'refused' } as const);
    this.record({ ...act, ...outcome });
    if (!removed) throw new GatehouseError('notFound', 'you have no such access token');
  }
}
