import { findKind, pathOf, type KnownKind } from './known-kinds.ts';
import { pathTo, UNKNOWN_NAME, type Target } from './read-targets.ts';

export interface Sent {
  readonly method: string;
  readonly target: string;
  readonly upgrade: boolean;
}

export interface CommandContext {
  /** Behind the command. */
  readonly words: readonly string[];
  readonly flags: ReadonlyMap<string, readonly string[]>;
  /** Behind `--`. */
  readonly rest: readonly string[];
  readonly kinds: readonly KnownKind[];
  readonly namespace: string;
  /** Whether what the command is about is there already. */
  readonly exists: boolean;
}

export interface KnownCommand {
  /** What its words name: resources, a pod (or what has pods), nodes, or nothing; behind so many subcommands. */
  readonly about: 'resources' | 'pod' | 'nodes' | 'nothing';
  readonly subcommands?: number;
  requests(targets: readonly Target[], context: CommandContext): Sent[];
}

const send = (method: string, target: string, upgrade = false): Sent => ({ method, target, upgrade });
const get = (target: Target, ...rest: string[]): Sent => send('GET', pathTo(target, ...rest));
const each =
  (act: (target: Target, context: CommandContext) => Sent[]): KnownCommand['requests'] =>
  (targets, context) =>
    targets.flatMap((target) => act(target, context));
const named = (target: Target): Target => ({ ...target, name: target.name ?? UNKNOWN_NAME });
const core = (resource: string, { kinds }: CommandContext): KnownKind => findKind(resource, kinds) as KnownKind;

/** The query of a list: `limit` and the selectors that were given. */
function list(
  target: Target,
  { flags }: CommandContext,
  more: Readonly<Record<string, string>> = { limit: '500' },
): Sent {
  const query = new URLSearchParams();
  const [fields, labels] = [flags.get('field-selector')?.at(-1), flags.get('selector')?.at(-1)];
  if (fields !== undefined) query.set('fieldSelector', fields);
  if (labels !== undefined) query.set('labelSelector', labels);
  for (const [key, value] of Object.entries(more)) query.set(key, value);
  const text = query.toString();
  return send('GET', `${pathTo({ ...target, name: undefined })}${text === '' ? '' : `?${text}`}`);
}

const read = each((target, context) => {
  const watch = context.flags.has('watch') || context.flags.has('watch-only');
  const first = target.name === undefined ? list(target, context) : get(target);
  const only: Record<string, string> =
    target.name === undefined ? {} : { fieldSelector: `metadata.name=${target.name}` };
  return [first, ...(watch ? [list(target, context, { ...only, watch: 'true' })] : [])];
});

/** Where the words name no object the cluster is asked which there are, and each is taken. */
const eachThatIsThere = (act: (target: Target, context: CommandContext) => Sent[]) =>
  each((target, context) => [
    ...(target.name === undefined ? [list(target, context, {})] : []),
    ...act(named(target), context),
  ]);

const change = eachThatIsThere((target) => [get(target), send('PATCH', pathTo(target))]);
const create = (targets: readonly Target[]): Sent[] =>
  targets.map((target) => send('POST', pathTo({ ...target, name: undefined })));

/** A pod by its name, or one of what has pods: a Deployment, a Service, a Job. */
function throughPod(target: Target, context: CommandContext, act: (pod: Target) => Sent[]): Sent[] {
  const pods: Target = { kind: core('pods', context), namespace: target.namespace, name: undefined };
  if (target.name === undefined) return [list(pods, context, {}), ...act({ ...pods, name: UNKNOWN_NAME })];
  if (target.kind.resource === 'pods' && target.kind.group === '') return [get(target), ...act(target)];
  return [
    get(target),
    send('GET', `${pathTo(pods)}?labelSelector=of-the-object`),
    ...act({ ...pods, name: UNKNOWN_NAME }),
  ];
}

/** By WebSocket, and where that is refused by SPDY. */
const stream = (subresource: string, query: (context: CommandContext) => string): KnownCommand['requests'] =>
  each((target, context) =>
    throughPod(target, context, (pod) => {
      const path = pathTo(pod, subresource) + query(context);
      return [send('GET', path, true), send('POST', path, true)];
    }),
  );
const commandQuery = ({ rest }: CommandContext): string =>
  `?${rest.map((word) => `command=${encodeURIComponent(word)}`).join('&')}`;

const events = ({ namespace, flags, kinds }: CommandContext): Target => ({
  kind: findKind('events', kinds) as KnownKind,
  namespace: flags.has('all-namespaces') ? undefined : namespace,
  name: undefined,
});

const metrics = each((target, context) => {
  const kind: KnownKind = { ...target.kind, group: 'metrics.k8s.io', version: 'v1beta1' };
  const nodes = target.kind.resource === 'nodes' ? [list(target, context, {})] : [];
  return [target.name === undefined ? list({ ...target, kind }, context, {}) : get({ ...target, kind }), ...nodes];
});

/** `create deployment web`, `create token dave`: the second word names the kind. */
function createByWord(context: CommandContext): Sent[] {
  const [word = '', name = ''] = context.words;
  const { namespace } = context;
  if (word === 'token') return [send('POST', pathOf(core('serviceaccounts', context), namespace, name, 'token'))];
  const kind = findKind(word === 'quota' ? 'resourcequotas' : word, context.kinds);
  return kind === undefined ? [] : [send('POST', pathOf(kind, namespace))];
}

const review = (group: string, resource: string): Sent => send('POST', `/apis/${group}/v1/${resource}`);

/** Commands by their names, with what they usually send beside discovery. */
export const COMMANDS: Readonly<Record<string, KnownCommand>> = {
  get: {
    about: 'resources',
    requests: (targets, context) =>
      context.flags.has('raw') ? [send('GET', context.flags.get('raw')?.at(-1) ?? '/')] : read(targets, context),
  },
  describe: {
    about: 'resources',
    requests: (targets, context) => [
      ...eachThatIsThere((target) => [get(target)])(targets, context),
      list(events(context), context),
    ],
  },
  delete: { about: 'resources', requests: eachThatIsThere((target) => [send('DELETE', pathTo(target)), get(target)]) },
  create: {
    about: 'nothing',
    requests: (targets, context) => (targets.length > 0 ? create(targets) : createByWord(context)),
  },
  apply: {
    about: 'nothing',
    requests: (targets, context) =>
      targets.flatMap((target) => [
        ...(context.flags.has('server-side') ? [] : [get(target)]),
        context.exists || context.flags.has('server-side')
          ? send('PATCH', pathTo(target))
          : send('POST', pathTo({ ...target, name: undefined })),
      ]),
  },
  replace: { about: 'nothing', requests: each((target) => [get(target), send('PUT', pathTo(target))]) },
  patch: { about: 'resources', requests: change },
  edit: { about: 'resources', requests: change },
  label: {
    about: 'resources',
    requests: change,
  },
  annotate: {
    about: 'resources',
    requests: change,
  },
  set: {
    about: 'resources',
    subcommands: 1,
    requests: change,
  },
  scale: {
    about: 'resources',
    requests: eachThatIsThere((target) => [get(target), send('PATCH', pathTo(target, 'scale'))]),
  },
  autoscale: {
    about: 'resources',
    requests: each((target, context) => [
      get(named(target)),
      send('POST', pathOf(core('horizontalpodautoscalers', context), context.namespace)),
    ]),
  },
  expose: {
    about: 'resources',
    requests: each((target, context) => [
      get(named(target)),
      send('POST', pathOf(core('services', context), context.namespace)),
    ]),
  },
  run: {
    about: 'nothing',
    requests: (_targets, context) => [send('POST', pathOf(core('pods', context), context.namespace))],
  },
  rollout: {
    about: 'resources',
    subcommands: 1,
    requests: each((target, context) => {
      const [act] = context.words;
      const of = named(target);
      if (act === 'status')
        return [
          get(of),
          list(of, context, { fieldSelector: `metadata.name=${of.name}` }),
          list(of, context, { fieldSelector: `metadata.name=${of.name}`, watch: 'true' }),
        ];
      const history =
        act === 'history' || act === 'undo'
          ? [send('GET', pathOf(core('replicasets', context), context.namespace))]
          : [];
      return [get(of), ...history, ...(act === 'history' ? [] : [send('PATCH', pathTo(of))])];
    }),
  },
  logs: { about: 'pod', requests: each((target, context) => throughPod(target, context, (pod) => [get(pod, 'log')])) },
  exec: { about: 'pod', requests: stream('exec', commandQuery) },
  cp: { about: 'pod', requests: stream('exec', () => '?command=tar') },
  attach: { about: 'pod', requests: stream('attach', () => '') },
  'port-forward': { about: 'pod', requests: stream('portforward', () => '') },
  events: { about: 'nothing', requests: (_targets, context) => [list(events(context), context)] },
  top: { about: 'resources', requests: metrics },
  cordon: { about: 'nodes', requests: change },
  uncordon: { about: 'nodes', requests: change },
  taint: {
    about: 'resources',
    requests: change,
  },
  drain: {
    about: 'nodes',
    requests: each((target, context) => {
      const pods: Target = { kind: core('pods', context), namespace: undefined, name: undefined };
      const pod: Target = { ...pods, namespace: 'default', name: UNKNOWN_NAME };
      const onNode = list(pods, context, { fieldSelector: `spec.nodeName=${target.name ?? ''}`, limit: '500' });
      return [get(target), send('PATCH', pathTo(target)), onNode, send('POST', pathTo(pod, 'eviction')), get(pod)];
    }),
  },
  wait: {
    about: 'resources',
    requests: eachThatIsThere((target, context) => {
      const only = { fieldSelector: `metadata.name=${target.name}` };
      return [get(target), list(target, context, only), list(target, context, { ...only, watch: 'true' })];
    }),
  },
  auth: {
    about: 'nothing',
    requests: (_targets, { words: [act], flags }) => {
      if (act === 'whoami') return [review('authentication.k8s.io', 'selfsubjectreviews')];
      return [
        review('authorization.k8s.io', flags.has('list') ? 'selfsubjectrulesreviews' : 'selfsubjectaccessreviews'),
      ];
    },
  },
  version: { about: 'nothing', requests: () => [send('GET', '/version')] },
  'api-resources': { about: 'nothing', requests: () => [send('GET', '/api'), send('GET', '/apis')] },
  'api-versions': { about: 'nothing', requests: () => [send('GET', '/api'), send('GET', '/apis')] },
  'cluster-info': {
    about: 'nothing',
    requests: (_targets, context) => [
      send(
        'GET',
        `${pathOf(core('services', context), 'kube-system')}?labelSelector=kubernetes.io%2Fcluster-service%3Dtrue`,
      ),
    ],
  },
};
