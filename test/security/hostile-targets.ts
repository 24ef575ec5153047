/** Targets that are refused for their spelling, whoever asks: 400. Bytes, one character each. */
const NAMESPACE = '/api/v1/namespaces/team-a';
export const PODS = `${NAMESPACE}/pods`;
const PROXY = `${NAMESPACE}/services/web/proxy`;
const OWN = '/clusters/gatehouse/apis/gatehouse.dev/v1alpha1/mappings';

/** `.` as the API server reads it, and as careless decoders do. */
const DOTS = [
  '.',
  '%2e',
  '%2E',
  '%c0%ae',
  '%C0%AE',
  '%e0%80%ae',
  '%f0%80%80%ae',
  '%fc%80%80%80%80%ae',
  '%252e',
  '%25%32%65',
];
/** `/` and `\` likewise. */
const SEPARATORS = ['%2f', '%2F', '%5c', '%5C', '\\', '%c0%af', '%e0%80%af', '%c1%9c', '%252f', '%255c'];

const dotSegments = DOTS.flatMap((dot) => [
  `${NAMESPACE}/${dot}/pods`,
  `${NAMESPACE}/${dot}${dot}/team-b/pods`,
  `${NAMESPACE}/.${dot}/team-b/pods`,
  `${PODS}/web/${dot}${dot}`,
  `${PROXY}/${dot}${dot}/x`,
  `${PROXY}/a/${dot}`,
]);
const placedDotSegments = [
  '/..',
  '/.',
  '/../api',
  '/./api/v1/pods',
  `${NAMESPACE}/..;/team-b/pods`,
  `${PROXY}/../../../../../secrets`,
  `${PROXY}/..%2fx`,
  `${PROXY}/..%5cx`,
  `${PROXY}/a\\..\\x`,
  `${PROXY}/a/..;x=1/b`,
  `${PROXY}/a/..%3bx/b`,
  `${PROXY}/..%00/b`,
  `${PROXY}//../x`,
  `${PROXY}/%2525252525252e%2525252525252e/x`,
];

const separators = SEPARATORS.flatMap((separator) => [
  `${NAMESPACE}${separator}pods`,
  `${PODS}${separator}web`,
  `/api${separator}v1/namespaces/team-a/pods`,
  `${NAMESPACE}/services/web${separator}proxy/x`,
]);

const emptySegments = [
  '//',
  '//api/v1/namespaces/team-a/pods',
  '/api//v1/namespaces/team-a/pods',
  '/api/v1//namespaces/team-a/pods',
  `${NAMESPACE}//pods`,
  `${PODS}//`,
  `${PODS}//web`,
  `${PODS}/web//`,
  `${PODS}/web//exec`,
  `${NAMESPACE}//services/web/proxy/`,
];

const rawOrForbidden = [
  `${PODS};x=1`,
  `${PODS}/web;a=b`,
  `/api;/v1/namespaces/team-a/pods`,
  `${PODS}#fragment`,
  `${PODS}/web#/exec`,
  `${PODS}/web%00`,
  `${PODS}/we%00b`,
  `${PODS}/web%25`,
  `${PODS}/%`,
  `${PODS}/%zz`,
  `${PODS}/%4`,
  `${PODS}/%u002e%u002e`,
  `${PROXY}/%zz`,
  `${PODS}/\xe9`,
  `${PODS}/\x80`,
  `${PROXY}/\xff`,
];

const queries = [
  'x=%zz',
  'x=%',
  'watch=1;x=2',
  ';',
  'watch=0&watch=1',
  'watch&watch=false',
  'w%61tch=0&watch=1',
  'fieldSelector=metadata.name%3Dweb&fieldSelector=metadata.name%3Dother',
  'field%53elector=a%3Db&fieldSelector=',
  'labelSelector=a&labelSelector=b',
  `watch=1${'&a'.repeat(10_000)}`,
  'x=\xe9',
].flatMap((query) => [`${PODS}?${query}`, `${PROXY}/?${query}`]);

const legacyPrefixes = [
  '/api/v1/watch/namespaces/team-a/pods',
  '/api/v1/watch/namespaces/team-a/pods/web',
  '/api/v1/watch',
  '/api/v1/w%61tch/pods',
  '/apis/apps/v1/watch/deployments',
  '/api/v1/proxy/namespaces/team-a/pods/web',
  '/api/v1/proxy/nodes/node-1/exec',
  '/api/v1/%70roxy/namespaces/team-a/services/web/',
  '/apis/apps/v1/proxy',
  '/apis/apps/v1/proxy/',
];

/** Spellings of `/clusters/…` and `/-/…` that somebody before or behind the gateway could read as such. */
export const OWN_ROUTES = [
  '/Clusters/demo/api',
  '/CLUSTERS/demo/api',
  '/%63lusters/demo/api',
  '//clusters/demo/api',
  '/./clusters/demo/api',
  '/clusters/DEMO/api',
  '/clusters/demo%2fapi',
  '/clusters/dem%6f/api',
  '/clusters;x/demo/api',
  '/clusters//api',
  '/clusters/',
  '/clusters/..',
  '/clusters/.demo/api',
  '/clusters/demo/../gatehouse/apis',
  '/clusters/demo/%2e%2e/gatehouse/apis',
  '/clusters/demo\\..\\gatehouse\\apis',
  '/clusters/gatehous%65/apis',
  '/clusters/Gatehouse/apis',
  '/%2d/me',
  '/%2D/me',
  '//-/me',
  '/-//me',
  '/-/%6de',
  '/-;x/me',
  '/-/../api',
  '/-/./me',
  '/-/%2e%2e/api',
  '/./-/me',
  '/-%2fme',
  '/-\\me',
  '/-/%2e%2e/-/me',
];

export const TARGETS: readonly string[] = [
  ...dotSegments,
  ...placedDotSegments,
  ...separators,
  ...emptySegments,
  ...rawOrForbidden,
  ...queries,
  ...legacyPrefixes,
  ...OWN_ROUTES,
  `${OWN}%2fx`,
  `/clusters/demo${PODS}/../../team-b/pods`,
  `/clusters/demo//api/v1/pods`,
];
