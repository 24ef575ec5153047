/** `spec` of an AccessReview. */
export interface Question {
  readonly user: string;
  readonly groups?: readonly string[];
  readonly cluster?: string;
  readonly method?: string;
  readonly path?: string;
  readonly resourceAttributes?: Readonly<Record<string, string>>;
}

/** What the form asks. `deployments.apps/scale` is resource, group and subresource, as people write it. */
export function readQuestion(data: FormData, byPath: boolean): Question {
  const text = (name: string): string => String(data.get(name) ?? '').trim();
  const given = (values: Readonly<Record<string, string>>): Record<string, string> =>
    Object.fromEntries(Object.entries(values).filter(([, value]) => value !== ''));
  const groups = text('groups')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  const who = { user: text('user'), ...given({ cluster: text('cluster') }), ...(groups.length > 0 ? { groups } : {}) };
  if (byPath) return { ...who, method: text('method').toUpperCase(), path: text('path') };
  const [word = '', subresource = ''] = text('resource').split('/');
  const [resource = '', ...group] = word.split('.');
  return {
    ...who,
    resourceAttributes: given({
      verb: text('verb'),
      resource,
      group: group.join('.'),
      subresource,
      namespace: text('namespace'),
      name: text('name'),
    }),
  };
}
