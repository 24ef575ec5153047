/**
 * The arrows between the rooms, type imports included. A lib is entered by its `#name` only, a stage
 * never knows Nest or the store, and only apps/ wire things together. `test/check/boundaries.test.ts`
 * plants wrong imports and shows that each of them fails the check.
 */
const KUBE = ['model', 'errors'];
const STAGE = ['model', 'errors', 'kube', 'cel'];

const STAGES = ['identity', 'mapping', 'policy', 'forward', 'audit'];

/** lib -> the libs that it may import */
export const ARROWS = {
  model: [],
  errors: [],
  cel: [],
  outbound: [],
  http: ['errors'],
  kube: KUBE,
  identity: [...STAGE, 'outbound'],
  mapping: STAGE,
  policy: STAGE,
  forward: [...STAGE, 'http'],
  audit: STAGE,
  limits: ['model', 'errors'],
  metrics: ['model', 'errors'],
  resources: ['errors', 'kube', 'cel', 'outbound'],
  pipeline: [...STAGES, 'http', 'limits', 'metrics', 'resources', ...STAGE],
  advice: [...STAGES, 'resources', ...STAGE],
  login: ['model', 'errors', 'resources', 'kube', 'outbound'],
  clusters: ['model', 'errors', 'resources', 'kube', 'outbound', 'http'],
  rights: ['resources', 'errors', 'kube'],
  store: ['identity', 'mapping', 'audit', 'login', 'clusters', 'resources', 'model', 'errors', 'migrations'],
  config: ['errors', 'resources'],
};

const folderOf = (lib) => (lib === 'migrations' ? '^migrations/' : `^libs/${lib}/`);

const arrows = Object.entries(ARROWS).map(([lib, allowed]) => ({
  name: `arrows-of-${lib}`,
  comment: `libs/${lib} may import ${allowed.join(', ') || 'nothing of ours'}`,
  severity: 'error',
  from: { path: `^libs/${lib}/` },
  to: { path: '^(libs|apps|migrations|test|scripts)/', pathNot: [lib, ...allowed].map(folderOf) },
}));

export default {
  forbidden: [
    ...arrows,
    {
      name: 'every-lib-has-its-arrows',
      comment: 'a new folder in libs/ needs a row in ARROWS',
      severity: 'error',
      from: { path: '^libs/', pathNot: Object.keys(ARROWS).map(folderOf) },
      to: {},
    },
    {
      name: 'libs-by-name',
      comment: "another lib is entered through '#name', never by a path into its folder",
      severity: 'error',
      from: { path: '^(?:libs/([^/]+)/|apps/|migrations/|scripts/)' },
      to: { path: '^libs/', pathNot: '^libs/$1/', dependencyTypesNot: ['aliased-subpath-import'] },
    },
    {
      name: 'migrations-by-name',
      severity: 'error',
      from: { path: '^(libs|apps|scripts)/' },
      to: { path: '^migrations/', dependencyTypesNot: ['aliased-subpath-import'] },
    },
    {
      name: 'migrations-stand-alone',
      comment: 'an old migration must not change its meaning when the code moves on',
      severity: 'error',
      from: { path: '^migrations/' },
      to: { path: '^(libs|apps|test|scripts)/' },
    },
    {
      name: 'nest-in-apps-only',
      comment: 'dependency injection is used at boot, in apps/ only',
      severity: 'error',
      from: { path: '^(libs|migrations|scripts)/' },
      to: { path: '(^|node_modules/)(@nestjs/|reflect-metadata)' },
    },
    {
      name: 'typeorm-in-store-only',
      severity: 'error',
      from: { pathNot: '^(libs/store|migrations|test)/' },
      to: { path: '(^|node_modules/)(typeorm|better-sqlite3|pg)($|/)' },
    },
    {
      name: 'no-test-code-in-the-product',
      severity: 'error',
      from: { path: '^(libs|apps|migrations)/', pathNot: '[.]test[.]tsx?$' },
      to: { path: '^(test/|libs/.*[.]test[.]ts$)|(^|node_modules/)(vitest|oidc-provider|playwright-core)($|/)' },
    },
    {
      name: 'apps-apart',
      comment: 'the console speaks to the gateway by HTTP only; the gateway and the command share libs',
      severity: 'error',
      from: { path: '^apps/([^/]+)/' },
      to: { path: '^apps/', pathNot: '^apps/$1/' },
    },
    {
      name: 'console-stands-alone',
      severity: 'error',
      from: { path: '^apps/console/' },
      to: { path: '^(libs|migrations|test|scripts)/' },
    },
    { name: 'no-circular', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'no-unresolvable',
      comment: 'an import that cannot be followed cannot be checked either',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
  ],
  options: {
    parser: 'swc',
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)(dist|[.]cache|[.]demo|test-results)/' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['source', 'import', 'node', 'require', 'types', 'default'],
      extensions: ['.ts', '.tsx', '.js', '.mjs', '.cjs', '.json', '.d.ts', '.css'],
      mainFields: ['module', 'main', 'types', 'typings'],
    },
  },
};
