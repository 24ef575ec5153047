import { Body, Controller, Delete, Get, Header, HttpCode, Inject, Param, Put, Req, UseGuards } from '@nestjs/common';
import type { Request } from 'express';
import { GatehouseError } from '#errors';
import type { Identity } from '#model';
import { JsonBodyGuard } from './json-body.guard.ts';
import { ForNarrowedTokens, Person } from './person.guard.ts';
import { DESCRIBE_ME, RECORD_ACT, START_ACT, UPSTREAM_TOKENS, type RecordAct, type StartAct } from './ports.ts';
import type { DescribeMe } from '../me/describe-me.ts';
import type { UpstreamTokens } from '../me/upstream-tokens.ts';

/** Self-service: who am I, as whom do clusters see me, my stored tokens. */
@Controller('-/me')
@UseGuards(JsonBodyGuard)
export class MeController {
  constructor(
    @Inject(DESCRIBE_ME) private readonly me: DescribeMe,
    @Inject(UPSTREAM_TOKENS) private readonly tokens: UpstreamTokens,
    @Inject(START_ACT) private readonly start: StartAct,
    @Inject(RECORD_ACT) private readonly record: RecordAct,
  ) {}

  @Get()
  @ForNarrowedTokens()
  @Header('Cache-Control', 'no-store')
  whoAmI(@Person() identity: Identity, @Req() request: Request): Promise<object> {
    return this.me.describe(identity, request);
  }

  @Put('upstream-tokens/:cluster')
  async save(
    @Person() identity: Identity,
    @Param('cluster') cluster: string,
    @Body() body: unknown,
    @Req() request: Request,
  ): Promise<object> {
    const token = (body as { token?: unknown } | undefined)?.token;
    if (typeof token !== 'string' || token === '') throw new GatehouseError('invalid', 'send {"token": "…"}');
    const act = { request, verb: 'update', resource: 'upstreamtokens', name: cluster, identity };
    await this.start(act);
    const saved = await this.tokens.save(identity, cluster, token);
    if (!saved.ok) {
      this.record({ ...act, statusCode: 422, outcome: 'refused', reason: saved.message });
      throw new GatehouseError(saved.code, saved.message);
    }
    this.record({ ...act, statusCode: 200, outcome: 'allow', reason: `stored a token of "${saved.user}"` });
    return { user: saved.user, groups: saved.groups };
  }

  @Delete('upstream-tokens/:cluster')
  @HttpCode(204)
  async remove(
    @Person() identity: Identity,
    @Param('cluster') cluster: string,
    @Req() request: Request,
  ): Promise<void> {
    const act = { request, verb: 'delete', resource: 'upstreamtokens', name: cluster, identity };
    await this.start(act);
    const removed = await this.tokens.remove(identity, cluster);
    this.record({
      ...act,
      statusCode: removed ? 204 : 404,
      outcome: removed ? 'allow' : 'refused',
    });
    if (!removed) throw new GatehouseError('notFound', `no token of yours is stored for cluster "${cluster}"`);
  }
}
