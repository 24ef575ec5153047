/** The verbs that `*` gives on a resource. `proxy` has to be named; the empty verb of OPTIONS exists for proxies only. */
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
