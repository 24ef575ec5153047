/** What people's claims become in the cluster: sent by a real token, read back from the API server's own audit log. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { signIdToken } from '../support/identity-provider-tokens.ts';
import { admin, letImpersonate } from './cluster-admin.ts';
import { clusterAs, createObjects } from './own-objects.ts';
import { send } from './send-request.ts';
import { bothEngines, readServerLog, world } from './world.ts';

/** For these tests the cluster lets the gateway become anybody: what stops a name here is the gateway alone. */
const GATEWAY_USER = 'gatehouse-claims';
const SUBJECTS = [{ issuer: 'demo' }];
const many = (count: number): string[] => Array.from({ length: count }, (_, at) => `team-${at}`);

/** All of them arrive, prefixed, in this order and with these bytes. */
const GROUPS_ARRIVE: Record<string, unknown> = {
  'one group': ['team-a-admins'],
  'a text instead of a list': 'team-a-admins',
  'the commas of a directory': ['CN=Ops,OU=Groups,DC=example,DC=com', 'a,b', ','],
  'other scripts': ['grüße', 'команда', '運用', 'a\u0308', '😀'],
  'look-alikes of the cluster’s own': ['system:masters', 'sуstem:masters', 'SYSTEM:MASTERS'],
  'what other layers read': ['<b>&"\'', '%41%0d%0a', '\\n', '$(id)', '../..', '{{x}}', 'a;b', 'a=b', '*'],
  'blanks inside': ['on call', 'a  b'],
  'a name twice, once': ['team-a', 'team-a'],
  hundreds: many(400),
};
/** Nothing of such a request goes to the cluster. */
const GROUPS_REFUSED: Record<string, unknown> = {
  'a line break': ['ok', 'a\r\nImpersonate-Group: system:masters'],
  'a NUL': ['a\0b'],
  'a blank at the end': ['admins '],
  'an empty name': [''],
  'a number': [7],
  'an object': { name: 'admins' },
  'a list in a list': [['admins']],
  'null among names': ['ok', null],
  'more than a mapping may give': many(501),
};
const USERS_ARRIVE: Record<string, string> = {
  'a mail address': 'alice+k8s@example.com',
  commas: 'Doe, Jane',
  'other scripts': 'ælice Привет 運用 😀',
  'a name of the cluster’s own, prefixed': 'system:admin',
  'what other layers read': '<a href="x">%2e%2e/..\\n{{x}}$(id);*',
};
const USERS_REFUSED: Record<string, unknown> = {
  'a line break': 'alice\r\nImpersonate-Group: system:masters',
  'a NUL': 'a\0b',
  'a blank at the end': 'alice ',
  'an empty name': '',
  'a number': 7,
  'a list': ['alice'],
  'an object': { name: 'alice' },
  'no name at all': undefined,
};

beforeAll(() => letImpersonate(GATEWAY_USER, 'users,groups'));
afterAll(async () => void (await admin(['delete', 'clusterrole,clusterrolebinding', GATEWAY_USER])));

describe.each(bothEngines())('what a token claims, on $engine', (gateway) => {
  let remove: () => Promise<void>;
  beforeAll(async () => {
    remove = await createObjects(gateway, [
      await clusterAs('claims', GATEWAY_USER),
      {
        kind: 'Mapping',
        name: 'claims',
        spec: {
          subjects: SUBJECTS,
          clusters: ['claims'],
          impersonate: { user: { from: 'username' }, groups: [{ from: 'groups' }] },
        },
      },
      {
        kind: 'AccessRule',
        name: 'claims',
        spec: { subjects: SUBJECTS, clusters: ['claims'], rules: [{ verbs: ['get'], nonResourceURLs: ['/version'] }] },
      },
    ]);
  });
  afterAll(() => remove());

  let asked = 0;
  async function ask(claims: Record<string, unknown>): Promise<{ status: number; arrived: object | undefined }> {
    const token = await signIdToken(world().identityProvider, 'alice', { claims });
    const target = `/version?claims=${gateway.engine}-${asked++}`;
    const { status } = await send(gateway, `/clusters/claims${target}`, { token });
    return { status, arrived: readServerLog().find(({ requestURI }) => requestURI === target)?.impersonatedUser };
  }

  it.each(Object.entries(GROUPS_REFUSED))('refuses groups with %s', async (_what, groups) => {
    const { status, arrived } = await ask({ groups });
    expect([401, 403]).toContain(status);
    expect(arrived).toBeUndefined();
  });

  it.each(Object.entries(USERS_REFUSED))('refuses a user name that is %s', async (_what, name) => {
    const { status, arrived } = await ask({ preferred_username: name });
    expect([401, 403]).toContain(status);
    expect(arrived).toBeUndefined();
  });

  it.each(Object.entries(GROUPS_ARRIVE))('brings groups: %s', async (_what, groups) => {
    const { status, arrived } = await ask({ groups });
    expect(status).toBe(200);
    const expected = [...new Set([groups].flat().map((group) => `demo:${String(group)}`)), 'system:authenticated'];
    expect(arrived).toEqual({ username: 'demo:alice', groups: expected });
  });

  it.each(Object.entries(USERS_ARRIVE))('brings a user name: %s', async (_what, name) => {
    const { status, arrived } = await ask({ preferred_username: name, groups: [] });
    expect(status).toBe(200);
    expect(arrived).toEqual({ username: `demo:${name}`, groups: ['system:authenticated'] });
  });
});
