import { Body, Controller, Header, HttpCode, Inject, Post, Req, Res } from '@nestjs/common';
import type { Request, Response } from 'express';
import { ERRORS } from '#errors';
import type { GrantRefusal } from '#login';
import type { TokenLogins } from '../login/create-token-logins.ts';
import { Public } from './person.guard.ts';
import {
  RECORD_ACT,
  SOURCE_ADDRESS,
  START_ACT,
  TOKEN_LOGINS,
  type Act,
  type RecordAct,
  type SourceAddress,
  type StartAct,
} from './ports.ts';

/** Read as forms, since OAuth asks for them. Nothing here looks at a cookie, so a form of another site gains nothing. */
export const FORM_PATHS = ['/-/auth/device', '/-/auth/token', '/-/auth/revoke'];

/** What a poll that has to go on is told; it is no refusal, and not recorded. */
const WAITING = new Set<string>(['authorization_pending', 'slow_down', 'expired_token']);

/** Rows end one by one; the next may be free soon. */
const FULL_RETRY_SECONDS = 60;

type Person = NonNullable<Act['person']>;
const nameOf = ({ issuer, subject, username }: Person): Person => ({ issuer, subject, username });

/** The gateway as an authorization server for programs: RFC 8628, RFC 6749 with PKCE, RFC 7009. Its clients are public. */
@Controller('-/auth')
export class OAuthController {
  constructor(
    @Inject(TOKEN_LOGINS) private readonly logins: TokenLogins,
    @Inject(SOURCE_ADDRESS) private readonly sourceAddress: SourceAddress,
    @Inject(START_ACT) private readonly start: StartAct,
    @Inject(RECORD_ACT) private readonly record: RecordAct,
  ) {}

  @Post('device')
  @Public()
  @HttpCode(200)
  @Header('Cache-Control', 'no-store')
  async device(
    @Body() body: Record<string, unknown> | undefined,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<object> {
    const begun = await this.logins.begin(body ?? {}, this.sourceAddress(request));
    return begun.ok ? begun.authorization : this.refuse(begun, request, response);
  }

  @Post('token')
  @Public()
  @HttpCode(200)
  @Header('Cache-Control', 'no-store')
  async token(
    @Body() body: Record<string, unknown> | undefined,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<object> {
    const redeemed = await this.logins.redeem(body ?? {}, this.sourceAddress(request), (person) =>
      this.start({ request, verb: 'login', resource: 'accesstokens', person: nameOf(person) }),
    );
    if (!redeemed.ok) return this.refuse(redeemed, request, response);
    const { token, grant } = redeemed;
    this.record({
      request,
      verb: 'login',
      resource: 'accesstokens',
      name: token.id,
      person: nameOf(token),
      statusCode: 200,
      outcome: 'allow',
      reason: `${token.origin} of ${grant.clientId} "${grant.clientName}", asked for from ${grant.sourceAddress}; until ${new Date(token.expiresAtMs).toISOString()}`,
    });
    return redeemed.answer;
  }

  /** Always 200 (RFC 7009 section 2.2): a token that is not there is as good as revoked. */
  @Post('revoke')
  @Public()
  @HttpCode(200)
  @Header('Cache-Control', 'no-store')
  async revoke(@Body() body: Record<string, unknown> | undefined, @Req() request: Request): Promise<object> {
    const revoked = await this.logins.revoke(body?.token, this.sourceAddress(request), (person) =>
      this.start({ request, verb: 'logout', resource: 'accesstokens', name: person.id, person: nameOf(person) }),
    );
    if (revoked)
      this.record({
        request,
        verb: 'logout',
        resource: 'accesstokens',
        name: revoked.id,
        person: nameOf(revoked),
        statusCode: 200,
        outcome: 'allow',
        reason: 'revoked by whoever held it',
      });
    return {};
  }

  private refuse({ error, description, grant }: GrantRefusal, request: Request, response: Response): object {
    // RFC 6749 has no error of a token endpoint for this; a client that knows only the status waits as well.
    const isFull = error === 'temporarily_unavailable';
    if (!WAITING.has(error))
      this.record({
        request,
        verb: 'login',
        resource: 'accesstokens',
        ...(grant?.owner ? { person: nameOf(grant.owner) } : {}),
        statusCode: isFull ? ERRORS.tooManyRequests.status : 400,
        outcome: 'refused',
        code: isFull ? 'tooManyRequests' : 'invalidCredential',
        reason: `${error}: ${description}`,
      });
    response.status(isFull ? ERRORS.tooManyRequests.status : 400);
    if (isFull) response.setHeader('Retry-After', String(FULL_RETRY_SECONDS));
    return { error, error_description: description };
  }
}
