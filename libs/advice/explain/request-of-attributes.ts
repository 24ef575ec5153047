import { pathOf } from '../kubectl/known-kinds.ts';
import { methodOfVerb } from '../method-of-verb.ts';

/** As in a SubjectAccessReview. */
export interface ResourceAttributes {
  readonly verb: string;
  readonly group?: string | undefined;
  readonly version?: string | undefined;
  readonly resource: string;
  readonly subresource?: string | undefined;
  readonly namespace?: string | undefined;
  readonly name?: string | undefined;
}

const STREAMS = new Set(['exec', 'attach', 'portforward']);

/** The request that has these attributes; undefined where none has: an unknown verb, a get without a name. */
export function requestOfAttributes(
  attributes: ResourceAttributes,
): { readonly method: string; readonly target: string; readonly upgrade: boolean } | undefined {
  const { verb, group = '', version = 'v1', resource, subresource = '', namespace = '', name = '' } = attributes;
  const method = methodOfVerb(verb);
  const needsName = verb === 'get' || verb === 'update' || verb === 'patch' || verb === 'delete' || subresource !== '';
  const hasNone = verb === 'deletecollection' || (verb === 'create' && subresource === '');
  if (method === undefined || (needsName && name === '') || (hasNone && name !== '')) return undefined;
  if (verb === 'proxy' && (group === '' || subresource !== '')) return undefined;
  // A namespace is in itself, and stands in the path once.
  const place = namespace === '' || (resource === 'namespaces' && group === '') ? undefined : namespace;
  const kind = { group, version, resource, kind: '', namespaced: place !== undefined, shortNames: [] };
  const isCollection = verb === 'list' || verb === 'watch';
  const segments = name === '' || isCollection ? [] : [name, ...(subresource === '' ? [] : [subresource])];
  const query = [
    ...(verb === 'watch' ? ['watch=1'] : []),
    ...(isCollection && name !== '' ? [`fieldSelector=${encodeURIComponent(`metadata.name=${name}`)}`] : []),
  ];
  const path = pathOf(kind, place, ...segments).split('/');
  // The verb stands behind the version: `/apis/<group>/<version>/proxy/…`.
  if (verb === 'proxy') path.splice(4, 0, verb);
  const target = `${path.join('/')}${query.length > 0 ? `?${query.join('&')}` : ''}`;
  return { method, target, upgrade: verb === 'get' && resource === 'pods' && STREAMS.has(subresource) };
}
