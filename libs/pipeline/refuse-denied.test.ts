import { expect, test } from 'vitest';
import type { DeniedDecision, Identity, StepUp } from '#model';
import { refuseDenied } from './refuse-denied.ts';

const decision = (stepUp?: StepUp): DeniedDecision =>
  ({
    allowed: false,
    reason: 'pods "web" is forbidden: …',
    request: { isResource: true, group: '', resource: 'pods', name: 'web' },
    stepUp,
  }) as unknown as DeniedDecision;
const by = (kind: string): Identity => ({ issuer: 'demo', credential: { kind, id: 'x' } }) as unknown as Identity;
const refuse = (kind: string, stepUp?: StepUp) => refuseDenied(decision(stepUp), by(kind), 'https://gw.example');

test('a plain denial is a 403 with the details of the object', () => {
  expect(refuse('bearer')).toEqual({
    ok: false,
    code: 'denied',
    message: 'pods "web" is forbidden: …',
    details: { name: 'web', group: '', kind: 'pods' },
  });
});

test('a denied OPTIONS is a 405, as from an API server, which has none', () => {
  const { request, ...denied } = decision({ maxAgeSeconds: 300, acrValues: [] });
  const options = { ...denied, request: { ...request, method: 'OPTIONS' } } as DeniedDecision;
  expect(refuseDenied(options, by('bearer'), 'https://gw.example')).toMatchObject({
    code: 'badMethod',
    message: 'pods "web" is forbidden: …',
  });
});

test('a step-up is a 401 with the challenge of RFC 9470', () => {
  expect(refuse('session', { maxAgeSeconds: 300, acrValues: ['urn:mfa', 'hwk'] })).toMatchObject({
    code: 'stepUpRequired',
    challenge:
      'Bearer realm="gatehouse", error="insufficient_user_authentication", error_description="a newer or a stronger authentication is required", acr_values="urn:mfa hwk", max_age="300"',
  });
  expect(refuse('session', { maxAgeSeconds: 60, acrValues: [] }).challenge).not.toContain('acr_values');
  expect(refuse('session', { maxAgeSeconds: undefined, acrValues: ['mfa'] }).challenge).not.toContain('max_age');
});

test('a step-up says what to do: a link for a browser, the plugin for whoever sends a bearer token', () => {
  const stepUp = { maxAgeSeconds: 300, acrValues: ['urn:mfa', 'hwk'] };
  const loginPath = '/-/auth/login?issuer=demo&acr_values=urn%3Amfa+hwk&max_age=300&prompt=login';
  const session = refuse('session', stepUp);
  expect(session.message).toBe(`pods "web" is forbidden: …; log in again at https://gw.example${loginPath}`);
  expect(session.details).toMatchObject({
    causes: [{ reason: 'InsufficientUserAuthentication', field: 'login', message: loginPath }],
  });
  expect(refuse('bearer', stepUp).message).toContain('must ask the issuer for acr_values=urn:mfa hwk and max_age=300');
});
