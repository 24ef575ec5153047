/** `nbf`, `iat` and `exp` of bearer tokens, beside what Kubernetes' own JWT authenticator makes of the same claims. */
import { spawnSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildTool } from '../cluster/build-tool.ts';
import { createIdentityStage, issuerOf, type IdentityStage } from '../support/identity-provider-gateway.ts';
import { startIdentityProvider, type IdentityProvider } from '../support/identity-provider.ts';

/** Seconds from now. None is so near to a bound that a slow machine could cross it. */
const CASES: readonly Readonly<Record<string, number>>[] = [
  { exp: 600 },
  { exp: 30 },
  { exp: -2 },
  { exp: -10 },
  { exp: -29 },
  { exp: -3600 },
  ...[0, 20, 45, 50, 75, 120, 299, 3600].map((nbf) => ({ nbf })),
  ...[45, 120, 299, 3600, 86_400].map((iat) => ({ iat })),
  { iat: 45, nbf: 45 },
  { iat: 120, nbf: 120 },
  { iat: 299, nbf: 299 },
  { nbf: 120, exp: -10 },
];

let provider: IdentityProvider;
let stage: IdentityStage;
beforeAll(async () => {
  provider = await startIdentityProvider({ redirectUris: ['https://127.0.0.1/'], idTokenSeconds: 3600 });
  stage = createIdentityStage([issuerOf(provider)]);
});
afterAll(() => provider?.stop());

const issue = (times: Readonly<Record<string, number>>): Promise<string> => {
  const now = Math.floor(Date.now() / 1000);
  const claims = Object.fromEntries(Object.entries(times).map(([claim, seconds]) => [claim, now + seconds]));
  return provider.issueIdToken('alice', { claims });
};

/** Whether Kubernetes takes the token; the signature is taken as good. */
function kubernetesTakes(tokens: readonly string[]): boolean[] {
  const jwt = {
    issuer: { url: provider.issuerUrl, audiences: [provider.clientId] },
    claimMappings: { username: { claim: 'preferred_username', prefix: 'demo:' } },
  };
  const lines = tokens.map((token) => {
    const claims: unknown = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
    return JSON.stringify({ jwt, claims });
  });
  const run = spawnSync(buildTool('jwtauthenticator'), [], { input: `${lines.join('\n')}\n`, encoding: 'utf8' });
  if (run.status !== 0) throw new Error(`the Go program exited ${run.status}: ${run.stderr}`);
  return run.stdout
    .trim()
    .split('\n')
    .map((line) => {
      const { user, configProblem } = JSON.parse(line) as { user?: object; configProblem?: string };
      if (configProblem) throw new Error(configProblem);
      return user !== undefined;
    });
}

test('are judged as Kubernetes judges them', async () => {
  // Built before the tokens are made: they get older.
  buildTool('jwtauthenticator');
  const tokens = await Promise.all(CASES.map(issue));
  const ours = await Promise.all(tokens.map(async (token) => (await stage.verdict(token)).startsWith('identified')));
  const theirs = kubernetesTakes(tokens);
  expect(CASES.map((times, at) => ({ times, taken: ours[at] }))).toEqual(
    CASES.map((times, at) => ({ times, taken: theirs[at] })),
  );
  // Both verdicts are there, so that agreement means something.
  expect(new Set(theirs).size).toBe(2);
});

describe('a refusal says "clock" and by how much', () => {
  test.each([
    [{ nbf: 120 }, /begins in 1(19|20|21) s \(nbf\), and at most 60 s are granted.*clocks of issuer and gateway/],
    [{ exp: -10 }, /expired 1[0-2] s ago; log in again, or compare the clocks of issuer and gateway/],
    [{ exp: -86_400 }, /expired 8640[0-2] s ago; log in again$/],
  ])('%j', async (times, words) => {
    expect(await stage.ask(await issue(times))).toMatchObject({
      outcome: 'failed',
      message: expect.stringMatching(words),
    });
  });
});
