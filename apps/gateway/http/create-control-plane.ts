import 'reflect-metadata';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Module } from '@nestjs/common';
import { APP_FILTER, APP_GUARD, NestFactory } from '@nestjs/core';
import { ExpressAdapter, type NestExpressApplication } from '@nestjs/platform-express';
import express, { type RequestHandler } from 'express';
import passport from 'passport';
import { LOG, type Log } from '../log.ts';
import type { DescribeMe } from '../me/describe-me.ts';
import type { AccessTokens } from '../me/access-tokens.ts';
import type { Kubeconfigs } from '../me/kubeconfig/create-kubeconfigs.ts';
import type { UpstreamTokens } from '../me/upstream-tokens.ts';
import type { Sessions } from '../people/sessions.ts';
import type { ActRecorder } from '../record-act.ts';
import type { TokenLogins } from '../login/create-token-logins.ts';
import type { LoginService } from '../login/create-login-service.ts';
import { AccessTokensController } from './access-tokens.controller.ts';
import type { BackchannelLogout } from '../login/backchannel-logout.ts';
import { BACKCHANNEL_LOGOUT_PATH, BackchannelLogoutController } from './backchannel-logout.controller.ts';
import { AuthController, OidcGuard } from './auth.controller.ts';
import { FORM_PATHS, OAuthController } from './oauth.controller.ts';
import { HealthController } from './health.controller.ts';
import { LOGIN_PATHS } from './limit-logins.ts';
import { KubeconfigController } from './kubeconfig.controller.ts';
import { MeController } from './me.controller.ts';
import { PersonGuard } from './person.guard.ts';
import { SessionsController } from './sessions.controller.ts';
import { TokenLoginsController } from './token-logins.controller.ts';
import {
  ACCESS_TOKENS,
  ALIVE,
  BACKCHANNEL_LOGOUT,
  CONSOLE_DIRECTORY,
  DESCRIBE_ME,
  FAIL_ACT,
  KUBECONFIGS,
  LOGIN,
  READINESS,
  READ_PERSON,
  RECORD_ACT,
  SESSIONS,
  SOURCE_ADDRESS,
  START_ACT,
  TOKEN_LOGINS,
  UPSTREAM_TOKENS,
  type Alive,
  type Readiness,
  type ReadPerson,
  type SourceAddress,
} from './ports.ts';
import { secureHeaders, serveConsole } from './serve-console.ts';
import { StatusFilter } from './status.filter.ts';

export interface ControlPlanePorts {
  readonly readPerson: ReadPerson;
  readonly acts: ActRecorder;
  readonly tokens: UpstreamTokens;
  readonly accessTokens: AccessTokens;
  readonly sessions: Sessions;
  readonly me: DescribeMe;
  readonly kubeconfigs: Kubeconfigs;
  readonly login: LoginService;
  readonly tokenLogins: TokenLogins;
  readonly sourceAddress: SourceAddress;
  readonly backchannelLogout: BackchannelLogout;
  /** Runs before every login. */
  readonly limitLogins: RequestHandler;
  readonly alive: Alive;
  readonly readiness: Readiness;
  readonly consoleDirectory: string;
  readonly externalUrl: string;
  readonly log: Log;
}

export interface ControlPlane {
  readonly handle: (request: IncomingMessage, response: ServerResponse) => void;
  close(): Promise<void>;
}

/** All handlers below `/-/`; a test walks their routes. */
export const CONTROLLERS = [
  HealthController,
  AccessTokensController,
  SessionsController,
  MeController,
  KubeconfigController,
  AuthController,
  OAuthController,
  TokenLoginsController,
  BackchannelLogoutController,
] as const;

const MAX_BODY = '64kb';
const MAX_FORM = '8kb';

/** Builds what answers below `/-/`: Nest's modules, wired once at boot. No request of the data plane ever comes here. */
export async function createControlPlane(ports: ControlPlanePorts): Promise<ControlPlane> {
  const value = (provide: symbol, useValue: unknown) => ({ provide, useValue });

  @Module({
    controllers: [...CONTROLLERS],
    providers: [
      value(READ_PERSON, ports.readPerson),
      value(START_ACT, ports.acts.start),
      value(RECORD_ACT, ports.acts.record),
      value(FAIL_ACT, ports.acts.fail),
      value(UPSTREAM_TOKENS, ports.tokens),
      value(ACCESS_TOKENS, ports.accessTokens),
      value(SESSIONS, ports.sessions),
      value(DESCRIBE_ME, ports.me),
      value(KUBECONFIGS, ports.kubeconfigs),
      value(LOGIN, ports.login),
      value(TOKEN_LOGINS, ports.tokenLogins),
      value(SOURCE_ADDRESS, ports.sourceAddress),
      value(BACKCHANNEL_LOGOUT, ports.backchannelLogout),
      value(ALIVE, ports.alive),
      value(READINESS, ports.readiness),
      value(CONSOLE_DIRECTORY, ports.consoleDirectory),
      value(LOG, ports.log),
      OidcGuard,
      { provide: APP_GUARD, useClass: PersonGuard },
      { provide: APP_FILTER, useClass: StatusFilter },
    ],
  })
  class ControlPlaneModule {}

  passport.use(ports.login.strategy);
  const server = express();
  server.disable('x-powered-by');
  server.set('etag', false);
  server.use(secureHeaders(new URL(ports.externalUrl).host));
  server.use((request, response, next) => (request.url === '/-' ? response.redirect(308, '/-/') : next()));
  server.use(LOGIN_PATHS, ports.limitLogins);
  server.use(FORM_PATHS, express.urlencoded({ extended: false, limit: MAX_FORM }));
  server.use(BACKCHANNEL_LOGOUT_PATH, express.urlencoded({ extended: false, limit: MAX_BODY }));
  server.use('/-', serveConsole(ports.consoleDirectory));
  const app = await NestFactory.create<NestExpressApplication>(ControlPlaneModule, new ExpressAdapter(server), {
    logger: ['error', 'fatal'],
    bodyParser: false,
    abortOnError: false,
  });
  // JSON only: a cross-site form cannot send it, so a state-changing call needs more than a link.
  app.useBodyParser('json', { limit: MAX_BODY, strict: true });
  await app.init();
  return { handle: (request, response) => server(request as never, response as never), close: () => app.close() };
}
