import { Controller, Get, Header, HttpCode, Inject, Injectable, Post, Req, Res, UseGuards } from '@nestjs/common';
import { AuthGuard } from '@nestjs/passport';
import type { Request, Response } from 'express';
import { ERRORS } from '#errors';
import type { FinishedLogin } from '#login';
import type { Identity } from '#model';
import type { LoginService } from '../login/create-login-service.ts';
import { landingPage } from '../login/landing-page.ts';
import { Person, Public } from './person.guard.ts';
import { LOGIN, RECORD_ACT, type RecordAct } from './ports.ts';

/** Runs the strategy and hands its outcome on, good or bad: a failed login gets a page and a record, not a bare 401. */
@Injectable()
export class OidcGuard extends AuthGuard('oidc') {
  override handleRequest<Outcome>(error: unknown, user: unknown, challenge: unknown): Outcome {
    if (error) throw error;
    return (user || challenge) as Outcome;
  }
}

@Controller('-/auth')
export class AuthController {
  constructor(
    @Inject(LOGIN) private readonly service: LoginService,
    @Inject(RECORD_ACT) private readonly record: RecordAct,
  ) {}

  @Get('issuers')
  @Public()
  @Header('Cache-Control', 'no-store')
  issuers(): object[] {
    return this.service.listIssuers();
  }

  /** Never reached: the strategy sends the browser to the provider. */
  @Get('login')
  @Public()
  @UseGuards(OidcGuard)
  login(): void {}

  /** Ends in a page, not in a redirect: a Strict cookie is not sent along a chain that began at another site. */
  @Get('callback')
  @Public()
  @UseGuards(OidcGuard)
  callback(@Req() request: Request, @Res() response: Response): void {
    const finished = request.user as unknown as FinishedLogin;
    for (const cookie of finished.setCookies) response.append('Set-Cookie', cookie);
    response.setHeader('Cache-Control', 'no-store');
    const act = { request, verb: 'login', resource: 'sessions' };
    if (finished.ok) {
      const { issuer, subject, sessionId } = finished;
      this.record({
        ...act,
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
    const statusCode = ERRORS[finished.code].status;
    this.record({
      ...act,
      person: { issuer: finished.issuer ?? '', subject: '', username: '' },
      statusCode,
      outcome: 'refused',
      code: finished.code,
      reason: finished.message,
    });
    response
      .status(statusCode)
      .type('html')
      .send(landingPage({ title: 'Login failed', message: finished.message, href: '/-/', forward: false }));
  }

  /** `Location` says where the browser logs out of the provider as well; a page goes there by itself. */
  @Post('logout')
  @HttpCode(204)
  async logout(
    @Person() identity: Identity,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<void> {
    const { setCookie, redirectTo } = await this.service.logout(request.headers.cookie);
    response.append('Set-Cookie', setCookie);
    if (redirectTo !== undefined) response.setHeader('Location', redirectTo);
    this.record({
      request,
      verb: 'logout',
      resource: 'sessions',
      name: identity.credential.id,
      identity,
      statusCode: 204,
      outcome: 'allow',
      reason: 'logged out',
    });
  }
}
