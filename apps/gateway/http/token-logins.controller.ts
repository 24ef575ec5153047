import { Body, Controller, Header, HttpCode, Inject, Post, Req, UseGuards } from '@nestjs/common';
import type { Request } from 'express';
import type { Identity } from '#model';
import type { TokenLogins } from '../login/create-token-logins.ts';
import { JsonBodyGuard } from './json-body.guard.ts';
import { Person } from './person.guard.ts';
import {
  RECORD_ACT,
  SOURCE_ADDRESS,
  START_ACT,
  TOKEN_LOGINS,
  type RecordAct,
  type SourceAddress,
  type StartAct,
} from './ports.ts';
import { recordRefusal } from './record-refusal.ts';

type Parameters = Record<string, unknown>;

/**
 * A person's side of a program's login: what asks, and yes or no. By POST only, with JSON and the session's cookie from
 * a page of the gateway itself: no link, form or page of another site can approve anything.
 */
@Controller('-/me')
@UseGuards(JsonBodyGuard)
export class TokenLoginsController {
  constructor(
    @Inject(TOKEN_LOGINS) private readonly logins: TokenLogins,
    @Inject(SOURCE_ADDRESS) private readonly sourceAddress: SourceAddress,
    @Inject(START_ACT) private readonly start: StartAct,
    @Inject(RECORD_ACT) private readonly record: RecordAct,
  ) {}

  /** Who waits with this code. By POST: a code in an address would stay in histories and logs. */
  @Post('device-logins/find')
  @HttpCode(200)
  @Header('Cache-Control', 'no-store')
  async find(@Person() person: Identity, @Body() body: Parameters | undefined, @Req() request: Request) {
    const found = this.logins.findDevice(person, body?.userCode);
    const grant = await this.recordRefusal(request, person, 'devicelogins', found);
    const { clientId, clientName, sourceAddress, createdAtMs, expiresAtMs } = grant;
    return {
      clientId,
      clientName,
      sourceAddress,
      yourAddress: this.sourceAddress(request),
      requestedAt: new Date(createdAtMs).toISOString(),
      codeExpiresAt: new Date(expiresAtMs).toISOString(),
      ...this.given(),
    };
  }

  @Post('device-logins/approve')
  @HttpCode(204)
  approve(@Person() person: Identity, @Body() body: Parameters | undefined, @Req() request: Request): Promise<void> {
    return this.settle(person, body, request, 'approved');
  }

  @Post('device-logins/deny')
  @HttpCode(204)
  deny(@Person() person: Identity, @Body() body: Parameters | undefined, @Req() request: Request): Promise<void> {
    return this.settle(person, body, request, 'denied');
  }

  /** The parameters with which a program opened the browser, checked. */
  @Post('code-logins/read')
  @HttpCode(200)
  @Header('Cache-Control', 'no-store')
  read(@Person() person: Identity, @Body() body: Parameters | undefined) {
    const { clientId, clientName, redirectUri } = this.logins.readCode(person, body ?? {});
    return { clientId, clientName, redirectUri, ...this.given() };
  }

  @Post('code-logins/approve')
  @HttpCode(200)
  @Header('Cache-Control', 'no-store')
  approveCode(@Person() person: Identity, @Body() body: Parameters | undefined, @Req() request: Request) {
    return this.settleCode(person, body, request, true);
  }

  @Post('code-logins/deny')
  @HttpCode(200)
  @Header('Cache-Control', 'no-store')
  denyCode(@Person() person: Identity, @Body() body: Parameters | undefined, @Req() request: Request) {
    return this.settleCode(person, body, request, false);
  }

  /** When a token ends that is given now. */
  private given(): { tokenExpiresAt: string } {
    return { tokenExpiresAt: new Date(this.logins.tokenExpiresAtMs()).toISOString() };
  }

  private async settle(
    identity: Identity,
    body: Parameters | undefined,
    request: Request,
    state: 'approved' | 'denied',
  ): Promise<void> {
    const verb = state === 'approved' ? 'approve' : 'deny';
    await this.start({ request, verb, resource: 'devicelogins', identity });
    const settled = this.logins.settleDevice(identity, body?.userCode, state);
    const { id, clientId, clientName, sourceAddress } = await this.recordRefusal(
      request,
      identity,
      'devicelogins',
      settled,
    );
    this.record({
      request,
      verb,
      resource: 'devicelogins',
      name: id,
      identity,
      statusCode: 204,
      outcome: 'allow',
      reason: `${state}: ${clientId} "${clientName}", asked for from ${sourceAddress}`,
    });
  }

  private async settleCode(
    identity: Identity,
    body: Parameters | undefined,
    request: Request,
    approved: boolean,
  ): Promise<{ redirectTo: string }> {
    const verb = approved ? 'approve' : 'deny';
    const settle = async () => {
      const login = this.logins.readCode(identity, body ?? {});
      await this.start({ request, verb, resource: 'browserlogins', identity });
      const redirectTo = await this.logins.settleCode(identity, login, approved, this.sourceAddress(request));
      return { login, redirectTo };
    };
    const { login, redirectTo } = await this.recordRefusal(request, identity, 'browserlogins', settle());
    this.record({
      request,
      verb,
      resource: 'browserlogins',
      identity,
      statusCode: 200,
      outcome: 'allow',
      reason: `${approved ? 'approved' : 'denied'}: ${login.clientId} "${login.clientName}" at ${login.redirectUri}`,
    });
    return { redirectTo };
  }

  /** A wrong code is a guess until somebody has looked. */
  private recordRefusal<T>(
    request: Request,
    identity: Identity,
    resource: 'devicelogins' | 'browserlogins',
    work: Promise<T>,
  ): Promise<T> {
    return recordRefusal(this.record, { request, verb: 'approve', resource, identity }, work);
  }
}
