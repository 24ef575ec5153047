import type { RequestInfo } from '#model';
import type { Parse } from './compare-case.ts';

type Change = (request: RequestInfo) => Partial<RequestInfo> | undefined;

/** The parser with one mistake each, such as were made in other proxies; the comparison has to see every one. */
export function brokenParsers(parse: Parse): [what: string, broken: Parse][] {
  const changed =
    (change: Change): Parse =>
    (method, target) => {
      const parsed = parse(method, target);
      return parsed.ok ? { ok: true, request: { ...parsed.request, ...change(parsed.request) } } : parsed;
    };
  const bare = (target: string): string => target.split('?', 1)[0] as string;
  return [
    ['takes HEAD for a method of its own', changed(({ method }) => (method === 'HEAD' ? { verb: 'head' } : undefined))],
    [
      'takes watch=false for a watch',
      changed(({ verb, target }) =>
        verb === 'list' && /[?&]watch=false(?:&|$)/.test(target) ? { verb: 'watch' } : undefined,
      ),
    ],
    [
      'reads no name from a field selector',
      changed(({ target, name }) => (name !== '' && target.includes('fieldSelector') ? { name: '' } : undefined)),
    ],
    [
      'lets a field selector name a deletecollection',
      changed(({ verb, target }) =>
        verb === 'deletecollection' && target.includes('metadata.name=x') ? { name: 'x', verb: 'delete' } : undefined,
      ),
    ],
    [
      'gives a namespace no namespace',
      changed(({ resource }) => (resource === 'namespaces' ? { namespace: '' } : undefined)),
    ],
    ['prints U+FFFD for other bytes', changed(({ path }) => ({ path: path.toWellFormed() }))],
    [
      'decodes the path twice',
      changed(({ path }) => (/%[0-7][0-9a-f]/i.test(path) ? { path: decodeURIComponent(path) } : undefined)),
    ],
    ['sends another target', changed(({ target }) => ({ target: target.replace('//', '/') }))],
    ['drops the query from the target', changed(({ target }) => ({ target: bare(target) }))],
    ['cleans dot segments', (method, target) => parse(method, target.replaceAll('/./', '/'))],
    ['takes methods in lower case', (method, target) => parse(method.toUpperCase(), target)],
    ['drops what is behind a semicolon', (method, target) => parse(method, target.replace(/;.*$/s, ''))],
    [
      'refuses what has a query',
      (method, target) => (target.includes('?') ? { ok: false, code: 'badQuery', message: '' } : parse(method, target)),
    ],
    [
      'throws on long targets',
      (method, target) => {
        if (target.length > 200) throw new RangeError('too long');
        return parse(method, target);
      },
    ],
  ];
}
