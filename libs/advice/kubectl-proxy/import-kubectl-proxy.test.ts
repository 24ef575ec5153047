import { describe, expect, test } from 'vitest';
import { readPathRegex } from '#kube';
import { validateObject, type ResourceObject } from '#resources';
import { compareWithOld } from './compare-with-old.ts';
import { importKubectlProxy, type ImportProxyOptions } from './import-kubectl-proxy.ts';
import { readOldFilter } from './old-filter.ts';
import { PROXY_DEFAULTS, type ProxyFlags } from './proxy-flags.ts';
import { samplePaths } from './sample-requests.ts';
import { toPattern } from './to-pattern.ts';

function run(flags: Partial<ProxyFlags>, options: Partial<ImportProxyOptions> = {}) {
  const imported = importKubectlProxy(
    { ...PROXY_DEFAULTS, ...flags },
    { subject: { issuer: 'demo', group: 'demo:dev' }, clusters: ['prod'], name: 'kubectl-proxy', ...options },
  );
  if (!imported.ok) throw new Error(imported.problems.join('\n'));
  for (const object of imported.objects) expect(validateObject(object)).toMatchObject({ ok: true });
  expect(imported.comparison.allowedNow).toEqual([]);
  return imported;
}
const says = (flags: Partial<ProxyFlags>, options?: Partial<ImportProxyOptions>): string =>
  run(flags, options).warnings.join('\n');
const problems = (flags: Partial<ProxyFlags>): readonly string[] => {
  const imported = importKubectlProxy(
    { ...PROXY_DEFAULTS, ...flags },
    { subject: { issuer: 'demo' }, clusters: ['prod'], name: 'x' },
  );
  return imported.ok ? [] : imported.problems;
};

describe('flags of kubectl proxy are refused', () => {
  test('where an expression is none, as those with a comma are, which kubectl splits', () => {
    expect(problems({ acceptPaths: '^/(api,apis)' })).toHaveLength(2);
    expect(problems({ rejectPaths: '(?=x)' })).toEqual([expect.stringContaining('--reject-paths holds "(?=x)"')]);
  });
  test('where they let nothing through', () => {
    expect(problems({ acceptPaths: '' })).toEqual([expect.stringContaining('let nothing through')]);
    expect(problems({ rejectMethods: '.*' })).toHaveLength(1);
  });
});

describe('a warning tells', () => {
  test.each<[string, Partial<ProxyFlags>, string]>([
    ['that everybody was one user', {}, 'was the user of its kubeconfig'],
    ['of streams that were not rejected', {}, 'the old flags let through: port-forward to pods, the proxy of pods'],
    ['of exec, where rejecting it was given up', { rejectPaths: '' }, 'let through: exec into pods, attach to pods'],
    ['of a network that was let in', { address: '0.0.0.0' }, 'let everybody on that network in, without logging in'],
    ['of a missing anchor', { acceptPaths: '/api/v1/pods' }, 'does not begin with ^'],
    ['of an open end', { acceptPaths: '^/api/v1/pods' }, 'also means /api/v1/podtemplates'],
    ['of other spellings of what is rejected', { rejectPaths: '/secrets' }, 'what another spelling leads to'],
    ['that a Deny stands against other rules too', {}, 'also stands against every other rule'],
    ['that POST alone stops no exec', { rejectMethods: 'POST,PUT' }, 'they also go by GET (WebSocket)'],
    ['that the Host header is no address', { acceptHosts: '^10\\.' }, 'says nothing of where a request comes from'],
    ['what clients’ addresses are limited by', { acceptHosts: '^10\\.1\\.' }, 'conditions.sourceAddresses'],
    ['that any host lets every page in', { acceptHosts: '.*' }, 'every page in a browser'],
    ['that a pattern of hosts is no name', { acceptHosts: '^.*\\.example\\.com$' }, 'is no single name'],
    ['of the filter that was switched off', { disableFilter: true }, '(XSRF)'],
    ['of an empty expression', { rejectMethods: 'POST,', acceptPaths: '^/api,' }, 'an empty expression between commas'],
    [
      'of a comma that split what was meant as one',
      { acceptPaths: '^/api/v[0-9]{1,2}/pods' },
      'was split at every comma, also within {…}',
    ],
    ['of files that are not served', { www: '/srv' }, '--www served files'],
    ['of URLs that change', { apiPrefix: '/k8s' }, 'URLs began with /k8s/'],
    [
      'of what a prefix cannot narrow',
      { apiPrefix: '/api', acceptPaths: '^/api/v1/nodes,version' },
      'goes beyond --api-prefix /api',
    ],
  ])('%s', (_what, flags, expected) => {
    if (flags.rejectMethods === 'POST,') {
      expect(problems(flags)).toEqual([expect.stringContaining(expected)]);
      return;
    }
    expect(says(flags)).toContain(expected);
  });
  test('that nobody was chosen', () => {
    expect(says({}, { subject: { issuer: 'demo' } })).toContain('for everybody of issuer demo');
  });
});

describe('flags of kubectl proxy become', () => {
  const rulesOf = (object: ResourceObject | undefined): unknown =>
    (object as ResourceObject<{ rules: unknown }>).spec.rules;
  test('an Allow for what is accepted and a Deny for what is rejected', () => {
    const { objects, comparison } = run({});
    expect(objects.map(({ metadata }) => metadata.name)).toEqual(['kubectl-proxy', 'kubectl-proxy-rejected']);
    expect(objects.map(rulesOf)).toEqual([
      [{ methods: ['*'], paths: ['/**'] }],
      [{ methods: ['*'], pathRegexes: ['/api/.*/pods/.*/exec.*', '/api/.*/pods/.*/attach.*'] }],
    ]);
    expect(comparison.allowed).toBeGreaterThan(1000);
    expect(comparison.refusedNow).toEqual([
      'nodes/proxy',
      'pods/ephemeralcontainers',
      'pods/eviction',
      'pods/portforward',
      'pods/proxy',
      'serviceaccounts/token',
      'services/proxy',
    ]);
  });
  test('globs where those say the same, else expressions for the whole path, at most sixteen an entry', () => {
    const many = Array.from({ length: 20 }, (_, at) => `^/apis/x${at}/v[12]/`).join(',');
    const { objects } = run({ acceptPaths: `^/version$,^/api/v1/namespaces/team-a/,${many}`, rejectPaths: '' });
    expect(rulesOf(objects[0])).toMatchObject([
      { paths: ['/version', '/api/v1/namespaces/team-a/**'] },
      { pathRegexes: { length: 16 } },
      { pathRegexes: { length: 4 } },
    ]);
  });
  test('methods without those that are rejected', () => {
    expect(rulesOf(run({ rejectMethods: 'POST,PUT,PATCH,DELETE' }).objects[0])).toMatchObject([
      { methods: ['GET', 'HEAD'] },
    ]);
    expect(rulesOf(run({ rejectMethods: 'P' }).objects[0])).toMatchObject([{ methods: ['GET', 'HEAD', 'DELETE'] }]);
  });
  test('configuration: where to listen, and the names to answer for', () => {
    expect(
      run({ address: '10.0.0.1', port: 8080, acceptHosts: '^localhost$,^k8s\\.example\\.com$' }).configuration,
    ).toEqual({
      listen: { host: '10.0.0.1', port: 8080 },
      allowedHosts: ['k8s.example.com'],
    });
    expect(run({ unixSocket: '/run/x', port: 0 }).configuration).toEqual({});
  });
  test('less below a prefix of the API itself', () => {
    expect(rulesOf(run({ apiPrefix: '/api/' }).objects[0])).toEqual([{ methods: ['*'], paths: ['/api/**'] }]);
  });
});

test('a pattern meets the very paths in which the expression is found', () => {
  const expressions = [
    '^.*',
    '.*',
    '',
    '^/',
    '^/api/',
    '^/api$',
    '/api',
    'pods',
    '^/api/v1/pods$',
    '^/api/.*/pods',
    'exec$',
    '^/a|b$',
    '(?i)^/API/',
    '^(/api|/apis)/',
    '^/api/v1/.*$',
    '\\.k8s\\.io',
    '^/apis/apps\\.k8s/',
    '^/x\\$',
    '^/api/v1/(pods|nodes)(/|$)',
    '[|]',
    '^.*?/pods',
    'a.*',
  ];
  const paths = [
    ...samplePaths(['team-a']).filter((_, at) => at % 7 === 0),
    '/API/v1',
    '/x$',
    '/x$y',
    '/a|',
    '/b',
    '/apis/apps.k8s/x',
    '/apis/appsxk8s/x',
    '/|',
    '/apia',
  ];
  for (const expression of expressions) {
    const read = readOldFilter({ ...PROXY_DEFAULTS, acceptPaths: expression === '' ? ',' : expression });
    if (!read.ok) throw new Error(read.problems.join());
    const pattern = toPattern(expression);
    const regex = readPathRegex(
      'regex' in pattern ? pattern.regex : pattern.path.replace(/[.$]/g, '\\$&').replace(/\*\*$/, '.*'),
    );
    if (typeof regex === 'string') throw new Error(regex);
    for (const path of paths)
      expect([expression, path, regex.matches(path)]).toEqual([
        expression,
        path,
        read.filter.acceptPaths[0]?.found(path),
      ]);
  }
});

test('the comparison shows a rule that allows more (a planted violation)', () => {
  const flags = { ...PROXY_DEFAULTS, acceptPaths: '^/api/v1/pods$' };
  const read = readOldFilter(flags);
  if (!read.ok) throw new Error('flags');
  const { objects } = run({ acceptPaths: '^/api/v1/' });
  expect(compareWithOld(flags, read.filter, objects).allowedNow).toContain('GET /api/v1/nodes');
});
