import * as client from 'openid-client';
import { describe, expect, test } from 'vitest';
import type { LoginIssuer } from './login-issuer.ts';
import type { LoginPorts } from './ports.ts';
import { startLogin } from './start-login.ts';

const ISSUER: LoginIssuer = {
  name: 'demo',
  url: 'https://id.example.com',
  discoveryUrl: undefined,
  certificateAuthority: undefined,
  clientId: 'gatehouse',
  clientSecret: undefined,
  scopes: ['openid', 'offline_access'],
  claimsFromUserinfo: false,
  endsProviderSession: true,
};

async function ask(changes: Partial<LoginIssuer>, scopesSupported?: string[], prompt?: string) {
  const metadata = {
    issuer: ISSUER.url,
    authorization_endpoint: `${ISSUER.url}/auth`,
    ...(scopesSupported ? { scopes_supported: scopesSupported } : {}),
  };
  const ports = {
    providers: {
      configure: async () => ({
        issuer: { ...ISSUER, ...changes },
        configuration: new client.Configuration(metadata, ISSUER.clientId, undefined, client.None()),
      }),
      forget() {},
    },
    sealer: { seal: (clear: string) => clear, open: (sealed: string) => sealed },
    callbackUrl: 'https://gateway.example.com/-/auth/callback',
    now: () => 0,
  } as unknown as LoginPorts;
  const demands = prompt === undefined ? {} : { prompt };
  const { redirectTo } = await startLogin({ issuer: 'demo', returnTo: '/-/', demands }, ports);
  const { searchParams } = new URL(redirectTo);
  return { scope: searchParams.get('scope'), prompt: searchParams.get('prompt') };
}

describe('the scope offline_access', () => {
  test('is left out where the provider lists its scopes without it', async () => {
    expect(await ask({}, ['openid', 'email'])).toEqual({ scope: 'openid', prompt: null });
  });

  test('is asked for with consent where the provider lists it, or lists nothing', async () => {
    const asked = { scope: 'openid offline_access', prompt: 'consent' };
    expect(await ask({}, ['openid', 'offline_access'])).toEqual(asked);
    expect(await ask({})).toEqual(asked);
  });

  test('is asked for as the Issuer says, beside what a rule demands', async () => {
    expect(await ask({ prompt: 'default' })).toMatchObject({ prompt: null });
    expect(await ask({ prompt: 'select_account' })).toMatchObject({ prompt: 'select_account' });
    expect(await ask({}, undefined, 'login')).toMatchObject({ prompt: 'login consent' });
    expect(await ask({ prompt: 'login' }, undefined, 'login')).toMatchObject({ prompt: 'login' });
    expect(await ask({ scopes: ['openid'] }, undefined, 'login')).toEqual({ scope: 'openid', prompt: 'login' });
  });
});
