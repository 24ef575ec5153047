import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createObjects, type OwnObject } from './own-objects.ts';
import { kubectl, type KubectlRun } from './run-kubectl.ts';
import { send, type Answer } from './send-request.ts';
import { bothEngines } from './world.ts';

const BASE = '/clusters/gatehouse/apis/gatehouse.dev/v1alpha1';
const ruleOf = (name: string): OwnObject => ({
  kind: 'AccessRule',
  name,
  spec: {
    subjects: [{ issuer: 'demo', user: `demo:${name}` }],
    clusters: ['demo'],
    rules: [{ verbs: ['get'], apiGroups: [''], resources: ['pods'], namespaces: ['team-a'] }],
  },
});

describe.each(bothEngines())('parameters of the gateway’s own objects on $engine', (gateway) => {
  let remove: () => Promise<void>;
  const rules = ['options-one', 'options-two'];
  beforeAll(async () => {
    remove = await createObjects(gateway, rules.map(ruleOf));
  });
  afterAll(() => remove());

  const asRoot = (args: readonly string[], input?: string): Promise<KubectlRun> =>
    kubectl(
      gateway.people.root.kubeconfig,
      ['--server', `${gateway.url}/clusters/gatehouse`, ...args],
      input === undefined ? {} : { input },
    );
  const ask = (method: string, target: string, value?: object): Promise<Answer> => {
    const body = value && JSON.stringify(value);
    // Node gives a DELETE no length by itself, and the body would be read as the next request.
    const headers = body && { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(body)) };
    return send(gateway, `${BASE}/${target}`, {
      method,
      token: gateway.people.root.idToken,
      ...(headers ? { headers, body } : {}),
    });
  };
  const names = async (query = ''): Promise<string[]> => {
    const { items } = JSON.parse((await ask('GET', `accessrules${query}`)).body) as {
      items: { metadata: { name: string } }[];
    };
    return items.map(({ metadata }) => metadata.name);
  };
  const manifest = (name: string): string => {
    const { kind, spec } = ruleOf(name);
    return JSON.stringify({ apiVersion: 'gatehouse.dev/v1alpha1', kind, metadata: { name }, spec });
  };

  it('that kubectl sends and the gateway does not serve are refused, and change nothing', async () => {
    const before = await names();
    const refused: [string[], RegExp, string?][] = [
      [['delete', 'accessrule', 'options-one', '--dry-run=server'], /dryRun.*--dry-run=client/],
      [['delete', 'accessrules', '-l', 'app=none'], /labelSelector.*Name the objects/],
      [['delete', 'accessrules', '--field-selector', 'metadata.name!=options-one'], /fieldSelector.*metadata\.name=/],
      [['get', 'accessrules', '-l', 'app=none'], /labelSelector/],
      [['get', 'users', '-l', 'app=none'], /labelSelector/],
      [['get', 'auditevents', '-l', 'app=none'], /labelSelector/],
      [['create', '-f', '-', '--validate=false', '--dry-run=server'], /dryRun/, manifest('options-new')],
      [['replace', '-f', '-', '--validate=false', '--dry-run=server'], /dryRun/, manifest('options-one')],
    ];
    for (const [args, message, input] of refused) {
      const run = await asRoot(args, input);
      expect(`${args.join(' ')}: ${run.code} ${run.stderr}`).toMatch(new RegExp(`: 1 .*${message.source}`, 's'));
    }
    expect(await names()).toEqual(before);
  });

  it('are refused for every kind and every verb that changes something', async () => {
    const before = await names();
    const kinds = ['accessrules', 'clusters', 'issuers', 'mappings', 'serviceidentities', 'users', 'accesstokens'];
    for (const kind of [...kinds, 'sessions', 'auditevents'])
      for (const [method, target] of [
        ['POST', kind],
        ['PUT', `${kind}/options-one`],
        ['PATCH', `${kind}/options-one`],
        ['DELETE', `${kind}/options-one`],
        ['DELETE', kind],
      ] as const) {
        expect((await ask(method, `${target}?dryRun=All`)).status, `${method} ${target}`).toBe(400);
        expect((await ask(method, `${target}?dryRun=`)).status, `${method} ${target}`).toBe(400);
        expect((await ask(method, `${target}?somethingNew=1`)).status, `${method} ${target}`).toBe(400);
      }
    for (const target of ['serviceidentities/x/token', 'clusters/demo/rename', 'selfaccessreviews'])
      expect((await ask('POST', `${target}?dryRun=All`, { spec: { name: 'x' } })).status, target).toBe(400);
    for (const options of [
      { dryRun: ['All'] },
      { preconditions: { uid: 'another' } },
      { somethingNew: true },
      { kind: 'Pod' },
      { ignoreStoreReadErrorWithClusterBreakingPotential: true },
    ]) {
      const { status, body } = await ask('DELETE', 'accessrules/options-one', options);
      expect(status, `${JSON.stringify(options)}: ${body}`).toBe('preconditions' in options ? 409 : 400);
      expect(body).toMatch(/DeleteOptions|does not serve|uid/);
    }
    for (const query of ['limit=1', 'continue=x', 'resourceVersion=1', 'labelSelector=a'])
      expect((await ask('DELETE', `sessions?fieldSelector=metadata.name%3Dx&${query}`)).status, query).toBe(400);
    expect(await names()).toEqual(before);
  });

  it('a list by fieldSelector is of that name only, which is what was authorised', async () => {
    expect(await names('?fieldSelector=metadata.name%3Doptions-one')).toEqual(['options-one']);
    expect(await names('?fieldSelector=metadata.name%3D%3Doptions-two&limit=500&resourceVersion=0')).toEqual([
      'options-two',
    ]);
    expect(await names('?fieldSelector=metadata.name%3Dmissing')).toEqual([]);
    expect((await ask('GET', 'users?fieldSelector=metadata.name%3Dmissing')).body).toContain('"items":[]');
    expect((await ask('GET', 'accesstokens?fieldSelector=metadata.name%3Dmissing')).body).toContain('"items":[]');
    for (const query of [
      'fieldSelector=spec.clusters%3Ddemo',
      'fieldSelector=metadata.name%3Da,metadata.name%3Db',
      'continue=x',
      'resourceVersionMatch=Exact&resourceVersion=1',
      'watch=0&somethingNew=1',
    ])
      expect((await ask('GET', `accessrules?${query}`)).status, query).toBe(400);
  });

  it('what kubectl does every day works: get, replace, a delete that waits, preconditions', async () => {
    expect((await asRoot(['get', 'accessrules'])).stdout).toContain('options-one');
    expect(
      (await asRoot(['get', 'accessrules', '--field-selector', 'metadata.name=options-two'])).stdout,
    ).not.toContain('options-one');
    const run = await asRoot(['replace', '-f', '-', '--validate=false'], manifest('options-one'));
    expect([run.code, run.stdout, run.stderr]).toEqual([0, expect.stringContaining('replaced') as string, '']);
    const { metadata } = JSON.parse((await ask('GET', 'accessrules/options-one')).body) as {
      metadata: { uid: string; resourceVersion: string };
    };
    const stale = { preconditions: { uid: metadata.uid, resourceVersion: '1' } };
    expect((await ask('DELETE', 'accessrules/options-one', stale)).status).toBe(409);
    const exact = { apiVersion: 'v1', kind: 'DeleteOptions', gracePeriodSeconds: 0, preconditions: metadata };
    const { uid, resourceVersion } = metadata;
    expect(
      (await ask('DELETE', 'accessrules/options-one', { ...exact, preconditions: { uid, resourceVersion } })).status,
    ).toBe(200);
    const removed = await asRoot(['delete', 'accessrule', 'options-two', '--cascade=foreground', '--wait=true']);
    expect([removed.code, removed.stderr]).toEqual([0, '']);
    expect(removed.stdout).toContain('deleted');
    expect(await names('?fieldSelector=metadata.name%3Doptions-two')).toEqual([]);
    for (const rule of rules)
      expect(
        (await ask('POST', 'accessrules?fieldManager=x&fieldValidation=Strict', JSON.parse(manifest(rule)) as object))
          .status,
      ).toBe(201);
  });
});
