/** Seeded, so that a failure can be repeated; mulberry32. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

const PREFIXES = [
  'api',
  'api',
  'api',
  'apis',
  'apis',
  'openapi',
  'version',
  'healthz',
  'logs',
  'API',
  'ap%69',
  '.well-known',
  '',
];
const WORDS = [
  'v1',
  'v1',
  'apps',
  'batch',
  'namespaces',
  'namespaces',
  'namespaces',
  'team-a',
  'pods',
  'pods',
  'services',
  'nodes',
  'secrets',
  'web',
  'http:web:80',
  'exec',
  'log',
  'proxy',
  'proxy',
  'status',
  'finalize',
  'watch',
  'attach',
  'portforward',
  'serviceaccounts',
  'token',
  '%70roxy',
  'pro%78y',
  'w%61tch',
  '%6eamespaces',
  'n%C3%A9',
  '%ff',
  '%e9',
  '..',
  '.',
  '%2e',
  '%2E%2e',
  'a%2fb',
  'a%5Cb',
  'a\\b',
  'a;b',
  'a#b',
  'a%3bb',
  'a%23',
  '%00',
  '%25',
  '%252e%252e',
  '%c0%ae%c0%ae',
  '%c0%af',
  '%e0%80%ae',
  '%zz',
  '%4',
  '%',
  '',
  '',
  '...',
  '.a',
  'a+b',
  "a'b",
  '~',
  'a,b',
  'a=b',
  'a&b',
  '*',
  '%09',
  '%0a',
  '%7f',
  '%f8%80%80%80%af',
];
const KEYS = [
  'watch',
  'watch',
  'watch',
  'fieldSelector',
  'fieldSelector',
  'labelSelector',
  'limit',
  'timeoutSeconds',
  'continue',
  'w%61tch',
  'Watch',
  'field%53elector',
  '',
  'watch+',
  'pretty',
  'resourceVersion',
];
const VALUES = [
  '',
  '1',
  '0',
  'true',
  'false',
  'False',
  'FALSE',
  'f%61lse',
  'fal%C5%BFe',
  'abc',
  '500',
  '-1',
  '%2B5',
  '+5',
  '9223372036854775807',
  '9223372036854775808',
  '-9223372036854775808',
  '0500',
  '1_0',
  'metadata.name%3Dx',
  'metadata.name=x',
  'metadata.name==x',
  'metadata.name!=x',
  'metadata.name=',
  'metadata.name=..',
  'metadata.name=a%2Fb',
  'metadata.name=a%25b',
  'metadata.name=b,metadata.name=a',
  'metadata.name=a,metadata.name=',
  'spec.nodeName=n,metadata.name=x',
  'spec.nodeName=n',
  'metadata.name%3Dx%5C%2Cy',
  'metadata.name=x%5Cy',
  'metadata.name=x=y',
  'metadata.name',
  ',,metadata.name=x,',
  'metadata.name=%C3%A9',
  'metadata.name=%ff',
  'metadata.name=+x',
  'metadata.namespace=x',
  'app=web',
  'app+in+(a,b)',
  'app+notin+(a,)',
  'app',
  '!app',
  'app%3E5',
  'app%3Ex',
  'app%3C',
  'a=b,',
  ',',
  'in',
  'in+in+(in)',
  'app+in+()',
  'app+in+(',
  'app+in+(a+b)',
  'a%2Fb%2Fc',
  'A.b/c=d',
  'a.b/c=d',
  '-a=b',
  'a=-b',
  'a===b',
  'a=!b',
  'a!=b',
  'a==b',
  '!!a',
  '!a=b',
  '%00',
  'a%00b',
  'a=b%00,,',
  'x;y',
  '%zz',
  'a%',
  'a=b%09',
  '(',
  ')',
  'a+b',
  'notin',
  'a+notin',
  'a=in',
];

/** A request target made of ordinary and of hostile pieces. */
export function randomTarget(random: () => number): string {
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
  const shape = random();
  let path: string;
  if (shape < 0.15) {
    // Lists with selectors: where a name may come from the query.
    const parts = [`fieldSelector=${pick(VALUES)}`];
    for (const key of ['labelSelector', 'limit', 'timeoutSeconds', 'watch'])
      if (random() < 0.3) parts.push(`${key}=${pick(VALUES)}`);
    return `/api/v1/${pick(['pods', 'namespaces/team-a/pods', 'namespaces'])}?${parts.join('&')}`;
  }
  if (shape < 0.4) {
    // Mostly well-formed resource paths, so that deep rules are reached often.
    const group = random() < 0.6 ? '/api/v1' : `/apis/${pick(['apps', 'batch', 'x.io'])}/v1`;
    const namespace = random() < 0.6 ? `/namespaces/${pick(['team-a', 'kube-system', 'n%C3%A9', '%70roxy'])}` : '';
    path = group + namespace + `/${pick(['pods', 'services', 'nodes', 'namespaces', 'secrets', 'watch', 'proxy'])}`;
    for (let n = Math.floor(random() * 5); n > 0; n--)
      path += `/${pick(random() < 0.6 ? ['web', 'exec', 'proxy', 'log', 'status', 'a', 'finalize'] : WORDS)}`;
  } else {
    path = `/${pick(PREFIXES)}`;
    for (let n = Math.floor(random() * 9); n > 0; n--) path += `/${pick(random() < 0.7 ? WORDS.slice(0, 26) : WORDS)}`;
  }
  if (random() < 0.1) path += '/';
  if (random() < 0.02) path = `/${path}`;
  if (random() < 0.5) return path;
  const pairs: string[] = [];
  for (let n = Math.floor(random() * 4); n >= 0; n--)
    pairs.push(random() < 0.05 ? pick(KEYS) : `${pick(KEYS)}=${pick(VALUES)}`);
  return `${path}?${pairs.join('&')}`;
}

export const METHODS = ['GET', 'GET', 'GET', 'GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'DELETE'] as const;
