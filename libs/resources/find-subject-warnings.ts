import { compileCondition, mentionsVariable } from '#cel';

/** What every ID token holds (OpenID Connect Core, section 2), and no more. */
const LEAST_CLAIMS = {
  iss: 'https://issuer.invalid',
  sub: 'e7b1f0a2-5c1d-4c58-8a53-0d9c6f2f7f10',
  aud: ['audience.invalid'],
  exp: 4_102_444_800,
  iat: 4_102_444_000,
};

/** Expressions of a Mapping's subjects that pick everybody, or nobody, whatever their token says. */
export function findSubjectWarnings(subjects: readonly { readonly expression?: string | undefined }[]): string[] {
  return subjects.flatMap(({ expression }, at) => {
    const compiled = expression === undefined ? undefined : compileCondition(expression);
    if (!compiled?.ok) return [];
    const field = `spec.subjects[${at}].expression`;
    const held = compiled.expression.evaluate(LEAST_CLAIMS);
    const holds = held.ok && held.value === true;
    if (!mentionsVariable(compiled.expression.ast, 'claims'))
      return [`${field} looks at no claim: it picks ${holds ? 'everybody; leave it out' : 'nobody'}`];
    return holds
      ? [
          `${field} is true of a token that holds nothing but what every token holds: it may pick everybody of the issuer, those above all of whom the provider says nothing`,
        ]
      : [];
  });
}
