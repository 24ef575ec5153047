import type { Rule } from '#policy';
import type { Right } from './used-rights.ts';

/** What the API server itself gives everybody who is logged in (system:discovery), and the list of paths at `/`. */
export const DISCOVERY: Rule = {
  verbs: ['get'],
  nonResourceURLs: [
    '/',
    '/api',
    '/api/*',
    '/apis',
    '/apis/*',
    '/openapi',
    '/openapi/*',
    '/version',
    '/version/',
    '/healthz',
    '/livez',
    '/readyz',
  ],
};

export function isDiscovery({ verb, url }: Right): boolean {
  return (
    verb === 'get' &&
    url !== undefined &&
    /^\/(?:$|(?:api|apis|openapi)(?:\/|$)|version\/?$|(?:health|live|ready)z$)/.test(url)
  );
}

const ABOUT_ONESELF = new Set([
  'selfsubjectaccessreviews.authorization.k8s.io',
  'selfsubjectrulesreviews.authorization.k8s.io',
  'selfsubjectreviews.authentication.k8s.io',
]);

/** Discovery, and questions about oneself: every client asks them, and nobody learns anything of others by them. */
export function isForEverybody(right: Right): boolean {
  const { resource, verb } = right;
  return (
    isDiscovery(right) ||
    (verb === 'create' && resource !== undefined && ABOUT_ONESELF.has(`${resource.resource}.${resource.group}`))
  );
}
