import { describe, expect, test } from 'vitest';
import { importAuthenticationConfig, parseManifests } from '#resources';
import { stringify } from 'yaml';

const HEAD = 'apiVersion: apiserver.config.k8s.io/v1\nkind: AuthenticationConfiguration\n';
const ENTRY = `- issuer: { url: 'https://login.example.com/realms/Dev', audiences: [k8s] }
  claimMappings:
    username: { expression: "'kc:' + claims.sub" }
    groups: { claim: groups, prefix: 'kc:' }
  claimValidationRules: [{ claim: hd, requiredValue: example.com }]
  userValidationRules: [{ expression: "!user.username.startsWith('system:')", message: no }]
`;

describe('importAuthenticationConfig refuses', () => {
  test.each([
    ['what is no YAML', 'a: [', 'line'],
    ['another document', 'apiVersion: v1\nkind: Pod\n', 'must be one AuthenticationConfiguration'],
    ['another group', 'apiVersion: v1\nkind: AuthenticationConfiguration\njwt: []\n', 'apiserver.config.k8s.io/'],
    ['no entries', `${HEAD}jwt: []\n`, 'no jwt entries'],
    ['an entry without a url', `${HEAD}jwt: [{ issuer: { audiences: [a] } }]\n`, 'jwt[0].issuer.url'],
    ['two documents', `${HEAD}jwt:\n${ENTRY}---\n${HEAD}`, 'must be one'],
  ])('%s', (_what, text, words) => {
    const result = importAuthenticationConfig(text);
    expect(result.ok ? [] : result.problems.join('; ')).toContain(words);
  });
});

describe('importAuthenticationConfig', () => {
  test('gives an Issuer for each entry, which validates as it is', () => {
    const result = importAuthenticationConfig(
      `${HEAD}jwt:\n${ENTRY}${ENTRY.replace('Dev', 'dev?')}`.replace('dev?', 'dev/'),
    );
    if (!result.ok) throw new Error(result.problems.join('; '));
    expect(result.issuers.map(({ manifest }) => manifest.metadata.name)).toEqual([
      'login.example.com-realms-dev',
      'login.example.com-realms-dev-2',
    ]);
    const yaml = result.issuers.map(({ manifest }) => stringify(manifest)).join('---\n');
    expect(parseManifests(yaml, { source: 'x' }).problems).toEqual([]);
  });

  test('says what it leaves out', () => {
    const text = `${HEAD}anonymous: { enabled: true }\njwt:\n${ENTRY.replace('audiences: [k8s]', 'audiences: [k8s], egressSelectorType: cluster')}`;
    const result = importAuthenticationConfig(text);
    if (!result.ok) throw new Error(result.problems.join('; '));
    expect(result.warnings).toEqual([expect.stringContaining('anonymous')]);
    expect(result.issuers[0]?.warnings).toEqual([expect.stringContaining('egressSelectorType')]);
    expect(result.issuers[0]?.manifest.spec.issuer).not.toHaveProperty('egressSelectorType');
  });
});
