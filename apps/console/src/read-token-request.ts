/** What is asked for with a new access token; the gateway judges it. */
export interface TokenRequest {
  readonly name: string;
  readonly expiresInSeconds: number;
  readonly clusters?: readonly string[];
  readonly namespaces?: readonly string[];
  readonly verbs?: readonly string[];
  readonly resources?: readonly string[];
}

export const NARROWINGS = ['clusters', 'namespaces', 'verbs', 'resources'] as const;

/** Fields of the form as a request. An empty field narrows nothing; names stand apart by commas or blanks. */
export function readTokenRequest(fields: Readonly<Record<string, string>>): TokenRequest {
  const lists = NARROWINGS.flatMap((what) => {
    const names = (fields[what] ?? '').split(/[\s,]+/).filter((name) => name !== '');
    return names.length === 0 ? [] : [[what, names] as const];
  });
  return {
    name: (fields.name ?? '').trim(),
    expiresInSeconds: Math.round(Number(fields.days) * 86_400),
    ...Object.fromEntries(lists),
  };
}
