/** A HEAD is a GET without the body; the API server authorises both as get. */
export const coveredMethods = (methods: readonly string[] | undefined = []): readonly string[] =>
  methods.includes('GET') ? [...methods, 'HEAD'] : methods;
