import { Body, Controller, Header, HttpCode, Inject, Post, Req, Res } from '@nestjs/common';
import type { Request, Response } from 'express';
import { ERRORS } from '#errors';
import type { BackchannelLogout } from '../login/backchannel-logout.ts';
import { Public } from './person.guard.ts';
import { BACKCHANNEL_LOGOUT, RECORD_ACT, START_ACT, type RecordAct, type StartAct } from './ports.ts';

/** Takes a form, of providers; whoever sends one proves itself by the token in it. */
export const BACKCHANNEL_LOGOUT_PATH = '/-/auth/backchannel-logout';

@Controller('-/auth/backchannel-logout')
export class BackchannelLogoutController {
  constructor(
    @Inject(BACKCHANNEL_LOGOUT) private readonly logout: BackchannelLogout,
    @Inject(START_ACT) private readonly start: StartAct,
    @Inject(RECORD_ACT) private readonly record: RecordAct,
  ) {}

  /** 200 where the token was good, whatever it ended; else 400 (section 2.8), or 503 where it could not be judged. */
  @Post()
  @Public()
  @HttpCode(200)
  @Header('Cache-Control', 'no-store')
  async take(
    @Body() body: unknown,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<object | undefined> {
    const token = (body as { logout_token?: unknown } | undefined)?.logout_token;
    const act = { request, verb: 'logout', resource: 'sessions' };
    const done =
      typeof token === 'string' && token !== ''
        ? await this.logout(token, ({ issuer, subject = '' }) =>
            this.start({ ...act, person: { issuer, subject, username: '' } }),
          )
        : ({ ok: false, code: 'badRequest', message: 'send one logout_token as a form' } as const);
    if (!done.ok) {
      const { status } = ERRORS[done.code];
      this.record({ ...act, statusCode: status, outcome: 'refused', code: done.code, reason: done.message });
      response.status(status);
      return { error: 'invalid_request', error_description: done.message };
    }
    const { order, sessions } = done;
    const [first] = sessions;
    this.record({
      ...act,
      name: sessions.length === 1 ? (first?.id ?? '') : '',
      person: {
        issuer: order.issuer,
        subject: order.subject ?? first?.subject ?? '',
        username: first?.username ?? '',
      },
      statusCode: 200,
      outcome: 'allow',
      reason: `the login provider logged out; sessions ended: ${sessions.length}`,
    });
    return undefined;
  }
}
