import { Strategy } from 'passport';
import type { Request } from 'express';
import { finishLogin, type FinishedLogin } from './finish-login.ts';
import type { LoginPorts } from './ports.ts';
import { readDemands } from './read-demands.ts';
import { startLogin } from './start-login.ts';

/** Longer than any browser's; it is kept with the session. */
const MAX_USER_AGENT = 512;

/**
 * The two steps as a passport strategy. `openid-client`'s own strategy sends no state where the provider advertises
 * PKCE and no nonce for `code`, and makes the callback from `Host`; this one always sends both and is told the
 * callback. It keeps nothing in a session of passport's.
 *
 * `req.user` is the FinishedLogin of a good callback; a bad one fails with it as the challenge.
 */
export class OidcStrategy extends Strategy {
  override readonly name = 'oidc';
  /**
   * An ordinary property: passport runs a strategy on an object that only inherits from it (`Object.create`), and a
   * private member (`#ports`) is not inherited.
   */
  readonly ports: LoginPorts;

  constructor(ports: LoginPorts) {
    super();
    this.ports = ports;
  }

  override authenticate(request: Request): void {
    this.run(request).catch((error: unknown) => this.error(error));
  }

  private async run(request: Request): Promise<void> {
    const at = request.originalUrl.indexOf('?');
    const query = at < 0 ? '' : request.originalUrl.slice(at);
    if (request.path.endsWith('/callback')) {
      const client = {
        sourceAddress: this.ports.sourceAddress?.(request),
        userAgent: request.headers['user-agent']?.slice(0, MAX_USER_AGENT),
      };
      const finished: FinishedLogin = await finishLogin(
        { query, cookieHeader: request.headers.cookie, client, request },
        this.ports,
      );
      return finished.ok ? this.success(finished) : this.fail(finished as never, 401);
    }
    const parameters = new URLSearchParams(query);
    const { redirectTo, setCookie } = await startLogin(
      {
        issuer: parameters.get('issuer') ?? '',
        returnTo: parameters.get('returnTo'),
        cookieHeader: request.headers.cookie,
        demands: readDemands(parameters),
      },
      this.ports,
    );
    request.res?.append('Set-Cookie', setCookie);
    this.redirect(redirectTo);
  }
}
