import type { DeniedDecision, Identity, StepUp } from '#model';
import type { Refusal } from './refusal.ts';

/**
 * A denial as an answer: 403 with the rule, or the absence of one, in the API server's own words; or, where logging in
 * again would be enough, a 401 with the challenge of RFC 9470, on which client-go runs its login plugin once more.
 */
export function refuseDenied(decision: DeniedDecision, identity: Identity, externalOrigin: string): Refusal {
  const { request, stepUp, reason } = decision;
  const { name, group, resource } = request;
  const details = request.isResource ? { name, group, kind: resource } : {};
  // OPTIONS is not a method of the Kubernetes API, so the API server would refuse it with 405.
  if (request.method === 'OPTIONS') return { ok: false, code: 'badMethod', message: reason, details };
  if (stepUp === undefined) return { ok: false, code: 'denied', message: reason, details };
  const parameters = parametersOf(stepUp);
  // To a provider `acr_values` may be a wish, which an old session of its own outweighs; `prompt` is none.
  const prompt: [string, string][] = stepUp.acrValues.length > 0 ? [['prompt', 'login']] : [];
  const query = new URLSearchParams([['issuer', identity.issuer], ...parameters, ...prompt]);
  const loginPath = `/-/auth/login?${query.toString()}`;
  const asked = parameters.map(([key, value]) => `${key}=${value}`).join(' and ');
  const advice =
    identity.credential.kind === 'session'
      ? `log in again at ${externalOrigin}${loginPath}`
      : `log in again and send the new token: your login plugin, which kubectl runs after this answer, must ask the issuer for ${asked}`;
  return {
    ok: false,
    code: 'stepUpRequired',
    message: `${reason}; ${advice}`,
    details: {
      ...details,
      causes: [{ reason: 'InsufficientUserAuthentication', field: 'login', message: loginPath }],
    },
    challenge: [
      'Bearer realm="gatehouse"',
      'error="insufficient_user_authentication"',
      'error_description="a newer or a stronger authentication is required"',
      ...parameters.map(([key, value]) => `${key}="${value}"`),
    ].join(', '),
  };
}

/** Values that the schema of AccessRule has checked: they need no quoting. */
function parametersOf({ maxAgeSeconds, acrValues }: StepUp): [string, string][] {
  return [
    ...(acrValues.length > 0 ? [['acr_values', acrValues.join(' ')] as [string, string]] : []),
    ...(maxAgeSeconds === undefined ? [] : [['max_age', String(maxAgeSeconds)] as [string, string]]),
  ];
}
