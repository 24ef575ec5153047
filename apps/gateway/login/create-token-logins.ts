import { GatehouseError } from '#errors';
import { accessTokenDigest, isAccessToken, type AccessTokenReader, type LimitLookup } from '#identity';
import {
  approveCodeLogin,
  beginDeviceLogin,
  denyCodeLogin,
  grantDigest,
  readCodeLogin,
  readUserCode,
  redeemGrant,
  type AccessTokenStore,
  type AccessTokenSummary,
  type CodeLogin,
  type DeviceAuthorization,
  type GrantOwner,
  type GrantRefusal,
  type GrantRoom,
  type LoginGrant,
  type LoginGrantStore,
} from '#login';
import type { Identity } from '#model';
import { saveToken } from '../me/access-tokens.ts';

/** RFC 6749 section 5.1; `expires_at` beside it, for a shell that cannot reckon with dates. */
export interface TokenAnswer {
  readonly access_token: string;
  readonly token_type: 'Bearer';
  readonly expires_in: number;
  readonly expires_at: string;
}

type Parameters = Readonly<Record<string, unknown>>;

/** Programs that get a short-lived access token of a person, who approves it in their browser. */
export interface TokenLogins {
  begin(
    parameters: Parameters,
    sourceAddress: string,
  ): Promise<{ readonly ok: true; readonly authorization: DeviceAuthorization } | GrantRefusal>;
  /** @param before called with whom the token will be of, before anything is taken or given. */
  redeem(
    parameters: Parameters,
    sourceAddress: string,
    before: (owner: GrantOwner) => Promise<void>,
  ): Promise<
    | {
        readonly ok: true;
        readonly answer: TokenAnswer;
        readonly token: AccessTokenSummary;
        readonly grant: LoginGrant;
      }
    | GrantRefusal
  >;
  /**
   * Whoever holds a token may end it (RFC 7009). Undefined where there is none such.
   * @param before called with the token before it is ended.
   */
  revoke(
    token: unknown,
    sourceAddress: string,
    before: (found: AccessTokenSummary) => Promise<void>,
  ): Promise<AccessTokenSummary | undefined>;
  /** What waits behind a typed code. @throws GatehouseError denied (no session), tooManyRequests, notFound. */
  findDevice(person: Identity, typed: unknown): Promise<LoginGrant>;
  /** @throws as `findDevice`. */
  settleDevice(person: Identity, typed: unknown, state: 'approved' | 'denied'): Promise<LoginGrant>;
  /** @throws GatehouseError denied (no session), invalid. */
  readCode(person: Identity, parameters: Parameters): CodeLogin;
  /** Where the browser goes on. */
  settleCode(person: Identity, login: CodeLogin, approved: boolean, sourceAddress: string): Promise<string>;
  /** When a token ends that is given now. */
  tokenExpiresAtMs(): number;
}

export interface TokenLoginsPorts {
  readonly grants: LoginGrantStore;
  readonly accessTokens: AccessTokenReader & AccessTokenStore;
  /** 0 where this person may type a code now, else the milliseconds until they may. */
  takeGuess(person: string): Promise<number>;
  readonly limitLookup: LimitLookup;
  /** How many logins of programs may wait for this address. */
  roomFor(sourceAddress: string): GrantRoom;
  /** Without a slash at the end. */
  readonly externalUrl: string;
  readonly lifetimeSeconds: number;
  /** Resolves when every worker has forgotten what it remembered of tokens. */
  applied(): Promise<void>;
  now(): number;
}

export function createTokenLogins(ports: TokenLoginsPorts): TokenLogins {
  const { grants, accessTokens, lifetimeSeconds, now } = ports;

  const tokenExpiresAtMs = (): number => now() + lifetimeSeconds * 1000;

  async function findDevice(person: Identity, typed: unknown): Promise<LoginGrant> {
    requireSession(person);
    const waitMs = await ports.takeGuess(`${person.issuerUrl} ${person.subject}`);
    if (waitMs > 0)
      throw new GatehouseError(
        'tooManyRequests',
        `you have typed too many codes; try again in ${Math.ceil(waitMs / 1000)} seconds`,
      );
    const code = readUserCode(typed);
    const grant = code === undefined ? undefined : await grants.findGrantByUserCode(grantDigest(code));
    if (!grant || grant.state !== 'pending' || now() >= grant.expiresAtMs)
      throw new GatehouseError('notFound', 'no program waits with this code; it may be mistyped, used, or too old');
    return grant;
  }

  return {
    tokenExpiresAtMs,
    begin: (parameters, sourceAddress) => beginDeviceLogin(parameters, sourceAddress, ports),
    async redeem(parameters, sourceAddress, before) {
      const limited: Pick<LoginGrantStore, 'pollGrant' | 'takeGrant'> = {
        takeGrant: grants.takeGrant,
        pollGrant: (digest, nowMs) => ports.limitLookup(sourceAddress, digest, () => grants.pollGrant(digest, nowMs)),
      };
      const redeemed = await redeemGrant(parameters, { ...ports, grants: limited, beforeTaking: before });
      if (!redeemed.ok) return redeemed;
      const { grant } = redeemed;
      const nowMs = now();
      const { token, summary } = await saveToken(accessTokens, {
        name: nameOf(grant),
        ...grant.owner,
        narrowing: {},
        createdBy: grant.owner.username,
        origin: grant.kind === 'device' ? 'deviceLogin' : 'browserLogin',
        createdAtMs: nowMs,
        expiresAtMs: tokenExpiresAtMs(),
      });
      const answer = {
        access_token: token,
        token_type: 'Bearer',
        expires_in: lifetimeSeconds,
        expires_at: new Date(summary.expiresAtMs).toISOString().replace(/\.\d+Z$/, 'Z'),
      } as const;
      return { ok: true, answer, token: summary, grant };
    },
    async revoke(token, sourceAddress, before) {
      if (typeof token !== 'string' || !isAccessToken(token)) return undefined;
      const digest = accessTokenDigest(token);
      const found = await ports.limitLookup(sourceAddress, digest, () => accessTokens.findAccessToken(digest));
      if (!found) return undefined;
      const { issuerUrl, subject } = found;
      const summary = (await accessTokens.listAccessTokens({ issuerUrl, subject })).find(({ id }) => id === found.id);
      if (!summary) return undefined;
      await before(summary);
      await accessTokens.deleteAccessToken(found.id);
      await ports.applied();
      return summary;
    },
    findDevice,
    async settleDevice(person, typed, state) {
      const grant = await findDevice(person, typed);
      if (!(await grants.settleGrant(grant.id, state, ownerOf(person))))
        throw new GatehouseError('notFound', 'this login was answered meanwhile');
      return grant;
    },
    readCode(person, parameters) {
      requireSession(person);
      const read = readCodeLogin(parameters);
      if (!read.ok) throw new GatehouseError('invalid', read.description);
      return read.login;
    },
    async settleCode(person, login, approved, sourceAddress) {
      requireSession(person);
      return approved
        ? await approveCodeLogin(login, ownerOf(person), sourceAddress, ports)
        : denyCodeLogin(login, ports.externalUrl);
    },
  };
}

/** A person in front of a browser says yes; a program with a token of theirs, stolen or not, cannot. */
function requireSession(person: Identity): void {
  if (person.credential.kind !== 'session')
    throw new GatehouseError('denied', 'a login is approved in a browser, by somebody who is logged in there');
}

const ownerOf = ({ issuer, issuerUrl, subject, username }: Identity): GrantOwner => ({
  issuer,
  issuerUrl,
  subject,
  username,
});

/** What the owner finds in their list: the client's own words, and where it asked from. */
function nameOf({ clientId, clientName, sourceAddress }: LoginGrant): string {
  return `${[...(clientName || clientId)].slice(0, 50).join('')} (${sourceAddress})`;
}
