import type { Identity, RequestInfo } from '#model';
import type { AccessRuleInput, Rule } from '../access-rule.ts';
import type { DecisionContext } from '../decision-context.ts';

/**
 * The rules' meaning as plain loops over all rules, without an index: what the compiled policy is compared with.
 * Written from RBAC's evaluation helpers and the specification, not from the compiled one.
 */
export function naiveDecide(
  rules: readonly AccessRuleInput[],
  identity: Identity,
  cluster: string,
  r: RequestInfo,
  { upgrade, sourceAddress, nowMs }: DecisionContext,
): NaiveDecision {
  const ordered = [
    ...[...rules].filter((rule) => !rule.learning).sort((a, b) => (a.name < b.name ? -1 : 1)),
    ...[...rules].filter((rule) => rule.learning).sort((a, b) => (a.name < b.name ? -1 : 1)),
  ];
  const met = ordered.filter((rule) => subjectMatches(rule, identity) && clusterMatches(rule, cluster));
  const there = met.filter((rule) => inTime(rule, nowMs) && fromThere(rule, sourceAddress));
  const mine = there.filter((rule) => wellAuthenticated(rule, identity, nowMs));
  const acts: [verb: string, method: string][] = [[r.verb, r.method]];
  const podStream =
    r.isResource &&
    r.group === '' &&
    r.resource === 'pods' &&
    ['exec', 'attach', 'portforward'].includes(r.subresource);
  const alone = r.subresource === 'proxy' || r.verb === 'watch' || (r.isResource && r.verb === 'proxy');
  if (r.verb !== 'create' && (podStream || (upgrade && !alone))) acts.push(['create', 'POST']);

  const matches = (rule: AccessRuleInput, [verb, method]: [string, string]): boolean =>
    rule.rules.some((entry) => entryMatches(entry, rule.effect === 'Deny', r, verb, method, upgrade));
  const enforced = mine.filter((rule) => rule.mode !== 'Report');
  const reports = mine.filter((rule) => rule.mode === 'Report');
  const allowers = acts.map((act) => enforced.find((rule) => rule.effect !== 'Deny' && matches(rule, act)));
  const reported = [
    ...reports
      .filter((rule) => rule.effect === 'Deny' && acts.some((act) => matches(rule, act)))
      .map((rule) => `${rule.name} Deny`),
    ...reports
      .filter(
        (rule) =>
          rule.effect !== 'Deny' &&
          acts.some((act) => matches(rule, act)) &&
          acts.every((act, i) => allowers[i] || matches(rule, act)),
      )
      .map((rule) => `${rule.name} Allow`),
  ];
  const denier = enforced.find((rule) => rule.effect === 'Deny' && acts.some((act) => matches(rule, act)));
  if (denier) return { allowed: false, rule: denier.name, reported, learning: undefined, stepUp: false };
  if (allowers.every(Boolean)) {
    const named = allowers.find((rule) => rule?.learning) ?? allowers.at(-1);
    return { allowed: true, rule: named?.name, reported, learning: named?.learning ?? false, stepUp: false };
  }
  const allowing = there.filter((rule) => rule.mode !== 'Report' && rule.effect !== 'Deny');
  const stepUp = acts.every((act) => allowing.some((rule) => matches(rule, act)));
  return { allowed: false, rule: undefined, reported, learning: undefined, stepUp };
}

export interface NaiveDecision {
  readonly allowed: boolean;
  readonly rule: string | undefined;
  readonly reported: string[];
  readonly learning: boolean | undefined;
  readonly stepUp: boolean;
}

function inTime({ conditions: c }: AccessRuleInput, nowMs: number): boolean {
  const now = new Date(nowMs);
  return !(c?.notBefore && now < new Date(c.notBefore)) && !(c?.notAfter && now >= new Date(c.notAfter));
}

/** Ranges of whole bytes of IPv4 are enough here; libs/policy/conditions.test.ts has the others. */
function fromThere({ conditions: c }: AccessRuleInput, address: string): boolean {
  if (!c?.sourceAddresses) return true;
  return c.sourceAddresses.some((range) => {
    const [base = '', bits = '32'] = range.split('/');
    const bytes = Number(bits) / 8;
    return base.split('.').slice(0, bytes).join('.') === address.split('.').slice(0, bytes).join('.');
  });
}

function wellAuthenticated({ conditions: c }: AccessRuleInput, identity: Identity, nowMs: number): boolean {
  const { authenticatedAtSeconds: at, acr } = identity;
  if (c?.acrValues && (!acr || !c.acrValues.includes(acr))) return false;
  if (c?.maxAuthenticationAgeSeconds === undefined) return true;
  return at !== undefined && at * 1000 <= nowMs + 60_000 && nowMs - at * 1000 <= c.maxAuthenticationAgeSeconds * 1000;
}

function subjectMatches(rule: AccessRuleInput, identity: Identity): boolean {
  return rule.subjects.some(
    (s) =>
      s.issuer === identity.issuer &&
      (s.user === undefined || s.user === identity.username) &&
      (s.group === undefined || identity.groups.includes(s.group)),
  );
}

function clusterMatches(rule: AccessRuleInput, cluster: string): boolean {
  return rule.clusters.includes(cluster) || (cluster !== 'gatehouse' && rule.clusters.includes('*'));
}

function entryMatches(e: Rule, deny: boolean, r: RequestInfo, verb: string, method: string, upgrade: boolean): boolean {
  const verbs = e.verbs ?? [];
  // No wildcard of verbs or groups, and no path, allows the verb proxy.
  if (!deny && r.isResource && r.verb === 'proxy' && !(verbs.includes('proxy') && e.apiGroups?.includes(r.group)))
    return false;
  const hasVerb = (v: string): boolean => verbs.includes('*') || verbs.includes(v);
  if (
    r.isResource &&
    hasVerb(verb) &&
    (e.apiGroups ?? []).some((g) => g === '*' || g === r.group) &&
    resourceMatches(e, deny, r) &&
    namespaceMatches(e, deny, r) &&
    nameMatches(e, deny, r)
  )
    return true;
  if (!r.isResource && (hasVerb(verb) || (deny && r.method === 'HEAD' && hasVerb('get')))) {
    const paths = deny ? [r.path, r.path.replace(/(?<=.)\/+$/, '')] : [r.path];
    const hit = (e.nonResourceURLs ?? []).some((u) =>
      paths.some((p) => u === '*' || u === p || (u.endsWith('*') && p.startsWith(u.replace(/\*+$/, '')))),
    );
    if (hit) return true;
  }
  const methods = e.methods ?? [];
  if (!methods.includes('*') && !methods.includes(method) && !(method === 'HEAD' && methods.includes('GET')))
    return false;
  return (
    (e.paths ?? []).some((pattern) => pathMatches(pattern, deny, r, upgrade)) ||
    (e.pathRegexes ?? []).some((regex) => regexMatches(regex, deny, r, upgrade))
  );
}

function resourceMatches(e: Rule, deny: boolean, r: RequestInfo): boolean {
  const combined = r.subresource ? `${r.resource}/${r.subresource}` : r.resource;
  return (e.resources ?? []).some((word) => {
    if (r.subresource === 'proxy' && !deny) return word === combined && r.resource !== '*';
    if (word === '*' || word === combined || (r.subresource !== '' && word === `*/${r.subresource}`)) return true;
    return deny && r.subresource !== '' && word === `${r.resource}/*`;
  });
}

function namespaceMatches(e: Rule, deny: boolean, r: RequestInfo): boolean {
  if (e.namespaces === undefined) return true;
  if (e.namespaces.some((n) => n === r.namespace || (n === '*' && r.namespace !== ''))) return true;
  if (!deny || r.namespace !== '' || !['list', 'watch', 'deletecollection', 'proxy'].includes(r.verb)) return false;
  const combined = r.subresource ? `${r.resource}/${r.subresource}` : r.resource;
  const clusterScoped =
    (r.group === '' && ['nodes', 'namespaces', 'persistentvolumes'].includes(r.resource)) ||
    r.resource === 'clusterroles';
  return !clusterScoped || (e.resources ?? []).includes(combined);
}

function nameMatches(e: Rule, deny: boolean, r: RequestInfo): boolean {
  if (!e.resourceNames || e.resourceNames.length === 0 || e.resourceNames.includes(r.name)) return true;
  if (deny && r.name === '') return true;
  if (r.subresource !== 'proxy' || r.group !== '' || !['services', 'pods', 'nodes'].includes(r.resource)) return false;
  const asked = /^(?:(?:https?)?:(?=[^:]*:))?([^:]+)(?::([^:]*))?$/.exec(r.name);
  if (!asked) return false;
  return e.resourceNames.some((name) => {
    const ruled = /^(?:(?:https?)?:(?=[^:]*:))?([^:]+)(?::([^:]*))?$/.exec(name);
    const [a = '', b = ''] = [ruled?.[2], asked[2]];
    const isNumber = (port: string): boolean => /^[+-]?\d+$/.test(port);
    const isSameNumber = isNumber(a) && isNumber(b) && Number(a) === Number(b);
    if (!deny) {
      const isSameBefore = name.slice(0, -a.length) === r.name.slice(0, -b.length);
      if (r.resource !== 'nodes' && isSameNumber && isSameBefore) return true;
      return r.resource === 'services' && !r.name.startsWith(':') && name === asked[1];
    }
    if (!ruled || ruled[1] !== asked[1]) return false;
    return a === b || isSameNumber || !isNumber(a) || !isNumber(b);
  });
}

/** Whether a glob of whole segments matches; where one must be spelled literally, only a literal one does. */
function globMatches(pattern: string, path: string, literalAt: number): boolean {
  const [parts, segments] = [pattern.slice(1).split('/'), path.slice(1).split('/')];
  const from = (p: number, s: number): boolean => {
    const part = parts[p];
    if (part === undefined) return s === segments.length;
    if (part === '**' && p === parts.length - 1) return s < segments.length && literalAt < s;
    if (part === '**') return from(p + 1, s) || (s < segments.length && s !== literalAt && from(p, s + 1));
    const segment = segments[s];
    if (segment === undefined) return false;
    if (!part.includes('*')) return part === segment && from(p + 1, s + 1);
    const source = part
      .split('*')
      .map((piece) => piece.replace(/[.+?^${}()|[\]\\]/g, '\\$&'))
      .join('.*');
    return s !== literalAt && segment !== '' && new RegExp(`^${source}$`, 's').test(segment) && from(p + 1, s + 1);
  };
  return from(0, 0);
}

/** Everything that any order of the foldings of some server makes of a tail. */
function readTail(tail: string): string[] {
  const readings = new Set([tail]);
  for (const reading of readings)
    for (const [from, to] of [
      [/%([0-9a-f]{2})/gi, (_: string, hex: string) => String.fromCharCode(parseInt(hex, 16))],
      [/;[^/]*/g, ''],
      [/\\/g, '/'],
      [/\/{2,}/g, '/'],
      [/[. ]+(?=\/|$)/g, ''],
    ] as [RegExp, string][])
      readings.add(reading.replace(from, to));
  return [...readings];
}

const spellings = (r: RequestInfo): string[] => {
  const head = r.path.slice(0, r.path.length - decodeURIComponent(r.proxyTail).length);
  const behind = r.proxyTail === '' ? [] : readTail(r.proxyTail).map((tail) => head + tail);
  return [r.rawPath, r.path, ...behind].flatMap((p) => [p, p.replace(/(?<=.)\/+$/, '')]);
};
const trimmedPath = (r: RequestInfo): string =>
  r.isResource && r.proxyTail === '' ? r.rawPath.replace(/(?<=.)\/$/, '') : r.rawPath;

function pathMatches(pattern: string, deny: boolean, r: RequestInfo, upgrade: boolean): boolean {
  if (deny && r.proxyTail !== '')
    return spellings(r).some((path) => globMatches(pattern.toLowerCase(), path.toLowerCase(), -1));
  if (deny) return spellings(r).some((path) => globMatches(pattern, path, -1));
  return globMatches(pattern, trimmedPath(r), isStrong(r, upgrade) ? subresourceAt(r) : -1);
}

function regexMatches(regex: string, deny: boolean, r: RequestInfo, upgrade: boolean): boolean {
  const whole = new RegExp(`^(?:${regex})$`);
  const anyCase = new RegExp(whole, r.proxyTail === '' ? '' : 'i');
  if (deny) return spellings(r).some((path) => whole.test(path) || anyCase.test(path));
  return !isStrong(r, upgrade) && whole.test(trimmedPath(r));
}

/** Whether the subresource must be named letter for letter. */
function isStrong(r: RequestInfo, upgrade: boolean): boolean {
  return (
    r.isResource &&
    (['exec', 'attach', 'portforward', 'proxy'].includes(r.subresource) ||
      ['pods/eviction', 'pods/ephemeralcontainers', 'serviceaccounts/token'].includes(
        `${r.resource}/${r.subresource}`,
      ) ||
      (upgrade && r.subresource !== ''))
  );
}

/** Found by counting: everything before it, decoded, must spell the request's head. */
function subresourceAt(r: RequestInfo): number {
  const words = r.rawPath
    .slice(1)
    .split('/')
    .map((word) => decodeURIComponent(word));
  const itself = r.resource === 'namespaces' && ['status', 'finalize'].includes(r.subresource);
  const head = [
    r.apiPrefix,
    ...(r.group ? [r.group] : []),
    r.version,
    ...(r.namespace && !itself ? ['namespaces', r.namespace] : []),
    r.resource,
    r.name,
  ];
  if (words.slice(0, head.length).join('/') !== head.join('/'))
    throw new Error(`the head of ${r.rawPath} is not ${head.join('/')}`);
  return head.length;
}
