import { API_VERSION, validateObject } from '#resources';

type Key = 'verbs' | 'apiGroups' | 'resources' | 'resourceNames' | 'namespaces' | 'nonResourceURLs';

const RULES: Readonly<Record<'resource' | 'url', Readonly<Partial<Record<Key, readonly string[]>>>>> = {
  resource: { verbs: ['get'], apiGroups: [''], resources: ['pods'] },
  url: { verbs: ['get'], nonResourceURLs: ['/'] },
};
const judged = new Map<string, string | undefined>();

/**
 * What is wrong with one word in an AccessRule, or undefined. The schema of `#resources` itself is asked, by a rule
 * that holds nothing else of interest, so that an import never makes what `apply` refuses.
 */
export function judgeWord(kind: 'resource' | 'url', key: Key, word: string): string | undefined {
  return judge(`${kind} ${key} ${word}`, { rules: [{ ...RULES[kind], [key]: [word] }] });
}

/** The same of the name of a person or a group. */
export function judgeName(name: string): string | undefined {
  return judge(`name ${name}`, { subjects: [{ issuer: 'x', user: name }] });
}

function judge(cacheKey: string, spec: object): string | undefined {
  if (judged.has(cacheKey)) return judged.get(cacheKey);
  const result = validateObject({
    apiVersion: API_VERSION,
    kind: 'AccessRule',
    metadata: { name: 'x' },
    spec: { subjects: [{ issuer: 'x' }], clusters: ['x'], rules: [RULES.resource], ...spec },
  });
  const problem = result.ok ? undefined : (result.problems[0]?.message ?? 'is not accepted');
  judged.set(cacheKey, problem);
  return problem;
}
