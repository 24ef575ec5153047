const METHODS: Readonly<Record<string, string>> = {
  get: 'GET',
  list: 'GET',
  watch: 'GET',
  create: 'POST',
  update: 'PUT',
  patch: 'PATCH',
  delete: 'DELETE',
  deletecollection: 'DELETE',
  // The path gives this verb, whatever the method is.
  proxy: 'GET',
};

/** The method of a request on a resource that has this verb; undefined for other verbs. */
export const methodOfVerb = (verb: string): string | undefined =>
  Object.hasOwn(METHODS, verb) ? METHODS[verb] : undefined;
