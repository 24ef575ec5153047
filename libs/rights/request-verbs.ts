/** Every verb that `*` gives of a resource; `proxy` has to be named, and the empty one of OPTIONS is a proxy's alone. */
export const RESOURCE_VERBS = [
  'create',
  'delete',
  'deletecollection',
  'get',
  'list',
  'patch',
  'update',
  'watch',
] as const;
/** Methods in lower case. */
export const URL_VERBS = ['delete', 'get', 'head', 'options', 'patch', 'post', 'put'] as const;
