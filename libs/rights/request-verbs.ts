/** Every verb that a request for a resource can have at the API server, but for the legacy prefixes. */
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
