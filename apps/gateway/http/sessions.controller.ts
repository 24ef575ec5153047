import { Controller, Delete, Get, Header, HttpCode, Inject, Param, Req, UseGuards } from '@nestjs/common';
import type { Request } from 'express';
import { ERRORS, GatehouseError } from '#errors';
import type { Identity } from '#model';
import type { Sessions, SessionView } from '../people/sessions.ts';
import { JsonBodyGuard } from './json-body.guard.ts';
import { Person } from './person.guard.ts';
import { RECORD_ACT, SESSIONS, START_ACT, type RecordAct, type StartAct } from './ports.ts';

type OwnSessionView = Omit<SessionView, 'username' | 'issuerUrl' | 'subject'> & {
  /** The one that asks. */
  readonly current: boolean;
};

/** A person's own browser sessions. */
@Controller('-/me/sessions')
@UseGuards(JsonBodyGuard)
export class SessionsController {
  constructor(
    @Inject(SESSIONS) private readonly sessions: Sessions,
    @Inject(START_ACT) private readonly start: StartAct,
    @Inject(RECORD_ACT) private readonly record: RecordAct,
  ) {}

  @Get()
  @Header('Cache-Control', 'no-store')
  async list(@Person() { issuerUrl, subject, credential }: Identity): Promise<{ items: OwnSessionView[] }> {
    const found = await this.sessions.list({ issuerUrl, subject });
    const items = found.map(({ username: _name, issuerUrl: _url, subject: _subject, ...view }) => ({
      ...view,
      current: credential.kind === 'session' && credential.id === view.id,
    }));
    return { items };
  }

  /** All of them, this one included. */
  @Delete()
  @HttpCode(204)
  async endAll(@Person() identity: Identity, @Req() request: Request): Promise<void> {
    this.refuseToken(identity, request);
    await this.start(actOf(identity, request));
    const { issuerUrl, subject } = identity;
    const ended = await this.sessions.end({ issuerUrl, subject });
    const reason = `ended ${ended.length} of one's own sessions`;
    this.record({ ...actOf(identity, request), statusCode: 204, outcome: 'allow', reason });
  }

  @Delete(':id')
  @HttpCode(204)
  async end(@Person() identity: Identity, @Param('id') id: string, @Req() request: Request): Promise<void> {
    const name = id.slice(0, 100);
    this.refuseToken(identity, request, name);
    await this.start({ ...actOf(identity, request), name });
    const { issuerUrl, subject } = identity;
    const [ended] = await this.sessions.end({ id, issuerUrl, subject });
    const outcome =
      ended === undefined
        ? ({ statusCode: 404, outcome: 'refused' } as const)
        : ({ statusCode: 204, outcome: 'allow', reason: "ended one of one's own sessions" } as const);
    this.record({ ...actOf(identity, request), name, ...outcome });
    if (ended === undefined) throw new GatehouseError('notFound', 'you have no such session');
  }

  /** What a token may do is narrowed to clusters; whoever stole one must not be able to log its owner out. */
  private refuseToken(identity: Identity, request: Request, name = ''): void {
    if (identity.credential.kind !== 'token') return;
    const message = 'an access token cannot end sessions; log in, or use an ID token';
    const { status } = ERRORS.denied;
    this.record({
      ...actOf(identity, request),
      name,
      statusCode: status,
      outcome: 'refused',
      code: 'denied',
      reason: message,
    });
    throw new GatehouseError('denied', message);
  }
}

const actOf = (identity: Identity, request: Request) => ({ request, verb: 'delete', resource: 'sessions', identity });
