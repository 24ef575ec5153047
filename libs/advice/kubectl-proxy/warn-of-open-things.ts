import type { Subject } from '#policy';
import type { Expression, OldFilter } from './old-filter.ts';
import { PROXY_DEFAULTS, type ProxyFlags } from './proxy-flags.ts';

const POD = '/api/v1/namespaces/default/pods/web';
/** What a request leads to, and a path of it. */
const STREAMS: readonly (readonly [what: string, path: string])[] = [
  ['exec into pods', `${POD}/exec`],
  ['attach to pods', `${POD}/attach`],
  ['port-forward to pods', `${POD}/portforward`],
  ['the proxy of pods', `${POD}/proxy/`],
  ['the proxy of services', '/api/v1/namespaces/default/services/web/proxy/'],
  ['the proxy of nodes (as strong as exec on every pod of the node)', '/api/v1/nodes/node-1/proxy/'],
];
const LOOPBACK = /^(?:127\.|localhost$|::1$|\[::1\]$)/;

/** Each thing that the old flags left open, with what became of it here. */
export function warnOfOpenThings(flags: ProxyFlags, filter: OldFilter, subject: Subject): string[] {
  const warnings: string[] = [
    'whoever reached kubectl proxy was the user of its kubeconfig; here everybody is themself: what a Mapping makes of them needs rights in the cluster, and these rules only narrow those',
  ];
  if (flags.unixSocket === undefined && !LOOPBACK.test(flags.address))
    warnings.push(
      `--address ${flags.address} let everybody on that network in, without logging in; here everybody logs in, over TLS`,
    );
  if (subject.user === undefined && subject.group === undefined)
    warnings.push(
      `the rules are for everybody of issuer ${subject.issuer}; --for-group or --for-user makes them narrower`,
    );
  if (flags.disableFilter)
    warnings.push(
      '--disable-filter let every request of every page in a browser through (XSRF); all paths become one rule, and no filter is kept',
    );
  else warnings.push(...ofExpressions(flags, filter));
  warnings.push(...ofStreams(flags, filter));
  if (flags.www !== undefined)
    warnings.push('--www served files of a folder; the gateway serves none, another server must');
  if (flags.unixSocket !== undefined)
    warnings.push('--unix-socket has no counterpart; listen on loopback (listen.host)');
  const prefix = flags.apiPrefix.replace(/\/$/, '');
  if (prefix !== '')
    warnings.push(
      `URLs began with ${prefix}/; here they begin with /clusters/<name>/, or with nothing for the default cluster`,
    );
  return warnings;
}

function ofExpressions(flags: ProxyFlags, filter: OldFilter): string[] {
  const warnings: string[] = [];
  const isDefault = (flag: 'acceptPaths' | 'rejectPaths'): boolean => flags[flag] === PROXY_DEFAULTS[flag];
  for (const { text } of filter.acceptPaths)
    if (!isDefault('acceptPaths') && !text.startsWith('^'))
      warnings.push(
        `--accept-paths ${JSON.stringify(text)} does not begin with ^: it also let through every path that holds it further on, and so does its rule; anchor it if only the beginning is meant`,
      );
  for (const { text } of filter.acceptPaths)
    if (/[a-z]$/.test(text))
      warnings.push(
        `--accept-paths ${JSON.stringify(text)} has an open end: it also let through what only begins with it (/api/v1/pods also means /api/v1/podtemplates)`,
      );
  for (const { text } of filter.rejectPaths)
    if (!isDefault('rejectPaths') && (text.startsWith('/') || text.endsWith('$')))
      warnings.push(
        `--reject-paths ${JSON.stringify(text)}: what another spelling leads to (an escape, a slash at the end) was let through; its Deny meets those too`,
      );
  for (const flag of ['acceptPaths', 'rejectPaths', 'acceptHosts', 'rejectMethods'] as const)
    if (/\{\d*,\d*\}/.test(flags[flag]))
      warnings.push(
        `${JSON.stringify(flags[flag])} was split at every comma, also within {…}: each part was an expression of its own, and is one here`,
      );
  if (filter.rejectPaths.length > 0)
    warnings.push('--reject-paths becomes a Deny, which also stands against every other rule for the same people');
  const rejectsPost = filter.rejectMethods.some((expression) => expression.found('POST'));
  const rejectsGet = filter.rejectMethods.some((expression) => expression.found('GET'));
  if (rejectsPost && !rejectsGet)
    warnings.push(
      '--reject-methods with POST did not stop exec, attach and port-forward: they also go by GET (WebSocket)',
    );
  if (!rejectsGet && filter.rejectMethods.some((expression) => expression.found('HEAD')))
    warnings.push('--reject-methods refuses HEAD and not GET; here GET covers HEAD');
  if (flags.acceptHosts !== PROXY_DEFAULTS.acceptHosts) warnings.push(...ofHosts(filter.acceptHosts));
  for (const [flag, list] of Object.entries({
    'accept-paths': filter.acceptPaths,
    'reject-paths': filter.rejectPaths,
    'accept-hosts': filter.acceptHosts,
    'reject-methods': filter.rejectMethods,
  }))
    if (list.some(({ text }) => text === ''))
      warnings.push(`--${flag} holds an empty expression between commas, which meets everything`);
  return warnings;
}

function ofHosts(expressions: readonly Expression[]): string[] {
  const anything = expressions.some((expression) => expression.found('any.name.at.all'));
  const addresses = expressions
    .filter(({ text }) => /\d/.test(text) && !/127\\?\.0/.test(text))
    .map(({ text }) => text);
  return [
    '--accept-hosts looks at the Host header, which the client writes: it keeps foreign pages out (DNS rebinding) and says nothing of where a request comes from',
    ...(anything
      ? [
          '--accept-hosts let every Host through, and with it every page in a browser that can reach the port; only allowedHosts answer here',
        ]
      : []),
    ...(addresses.length > 0
      ? [
          `--accept-hosts ${addresses.join(',')} looks like addresses of clients: limit those by conditions.sourceAddresses of the rules`,
        ]
      : []),
  ];
}

/** Here no path rule gives a stream unless it spells its segment, so none of these is carried over. */
function ofStreams(flags: ProxyFlags, filter: OldFilter): string[] {
  const open = STREAMS.filter(([, path]) => flags.disableFilter || isOpen(filter, path)).map(([what]) => what);
  if (open.length === 0) return [];
  return [
    `the old flags let through: ${open.join(', ')}; these rules do not: name in a rule of its own what of it is meant`,
  ];
}

const isOpen = (filter: OldFilter, path: string): boolean =>
  filter.acceptPaths.some((expression) => expression.found(path)) &&
  !filter.rejectPaths.some((expression) => expression.found(path)) &&
  ['GET', 'POST'].some((method) => !filter.rejectMethods.some((expression) => expression.found(method)));
