import { Controller, Get, Header, HttpCode, Inject, Injectable, Post, Req, Res, UseGuards } from '@nestjs/common';
import { AuthGuard } from '@nestjs/passport';
import type { Request, Response } from 'express';
import { describeError, ERRORS, GatehouseError } from '#errors';
import type { FinishedLogin } from '#login';
import type { Identity } from '#model';
import { retryAfterOf } from '#pipeline';
import type { LoginService } from '../login/create-login-service.ts';
import { LOG, type Log } from '../log.ts';
import { landingPage } from '../login/landing-page.ts';
import { Person, Public } from './person.guard.ts';
import { LOGIN, RECORD_ACT, START_ACT, type RecordAct, type StartAct } from './ports.ts';
import { createSeldomLog } from './say-seldom.ts';

/** Runs the strategy and hands its outcome on, good or bad: a failed login gets a page and a record, not a bare 401. */
@Injectable()
export class OidcGuard extends AuthGuard('oidc') {
  override handleRequest<Outcome>(error: unknown, user: unknown, challenge: unknown): Outcome {
    if (error instanceof GatehouseError) return failedLogin(error) as Outcome;
    if (error) throw error;
    return (user || challenge) as Outcome;
  }
}

type FailedLogin = Extract<FinishedLogin, { ok: false }>;

/** A login that did not even begin: an unknown issuer, a provider that cannot be reached. */
const failedLogin = ({ code, message, cause }: GatehouseError): FailedLogin => ({
  ok: false,
  setCookies: [],
  code,
  message,
  issuer: undefined,
  cause,
});

@Controller('-/auth')
export class AuthController {
  private readonly seldom: Pick<Log, 'warn'>;

  constructor(
    @Inject(LOGIN) private readonly service: LoginService,
    @Inject(START_ACT) private readonly start: StartAct,
    @Inject(RECORD_ACT) private readonly record: RecordAct,
    @Inject(LOG) log: Log,
  ) {
    this.seldom = createSeldomLog(log);
  }

  @Get('issuers')
  @Public()
  @Header('Cache-Control', 'no-store')
  issuers(): object[] {
    return this.service.listIssuers();
  }

  /** Reached only by a login that cannot begin: else the strategy has sent the browser to the provider. */
  @Get('login')
  @Public()
  @UseGuards(OidcGuard)
  login(@Req() request: Request, @Res() response: Response): void {
    response.setHeader('Cache-Control', 'no-store');
    this.fail(request.user as unknown as FailedLogin, request, response);
  }

  /** Ends in a page, not in a redirect: a Strict cookie is not sent along a chain that began at another site. */
  @Get('callback')
  @Public()
  @UseGuards(OidcGuard)
  callback(@Req() request: Request, @Res() response: Response): void {
    const finished = request.user as unknown as FinishedLogin;
    for (const cookie of finished.setCookies) response.append('Set-Cookie', cookie);
    response.setHeader('Cache-Control', 'no-store');
    if (finished.ok) {
      const { issuer, subject, sessionId } = finished;
      this.record({
        request,
        verb: 'login',
        resource: 'sessions',
        name: sessionId,
        person: { issuer, subject, username: this.service.usernameOf(finished) },
        statusCode: 200,
        outcome: 'allow',
        reason: 'logged in',
      });
      response
        .status(200)
        .type('html')
        .send(
          landingPage({ title: 'Logged in', message: 'You are logged in.', href: finished.returnTo, forward: true }),
        );
      return;
    }
    this.fail(finished, request, response);
  }

  private fail({ code, message, issuer, cause }: FailedLogin, request: Request, response: Response): void {
    const statusCode = ERRORS[code].status;
    if (cause !== undefined) this.seldom.warn('a login failed', { issuer, told: message, error: describeError(cause) });
    this.record({
      request,
      verb: 'login',
      resource: 'sessions',
      person: { issuer: issuer ?? '', subject: '', username: '' },
      statusCode,
      outcome: 'refused',
      code,
      reason: message,
    });
    const retryAfter = retryAfterOf(code);
    if (retryAfter) response.setHeader('Retry-After', retryAfter);
    response
      .status(statusCode)
      .type('html')
      .send(landingPage({ title: 'Login failed', message, href: '/-/', forward: false }));
  }

  /** `Location` says where the browser logs out of the provider as well; a page goes there by itself. */
  @Post('logout')
  @HttpCode(204)
  async logout(
    @Person() identity: Identity,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<void> {
    const act = { request, verb: 'logout', resource: 'sessions', name: identity.credential.id, identity };
    await this.start(act);
    const { setCookie, redirectTo } = await this.service.logout(request.headers.cookie);
    response.append('Set-Cookie', setCookie);
    if (redirectTo !== undefined) response.setHeader('Location', redirectTo);
    this.record({ ...act, statusCode: 204, outcome: 'allow', reason: 'logged out' });
  }
}
