import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { findWarningsBetween, parseManifests, readManifestDirectory, readYaml } from '#resources';

const folder = mkdtempSync(join(tmpdir(), 'gatehouse-manifests-'));
afterAll(() => rmSync(folder, { recursive: true }));

const rule = (name: string, effect = 'Allow') => ({
  apiVersion: 'gatehouse.dev/v1alpha1',
  kind: 'AccessRule',
  metadata: { name },
  spec: {
    subjects: [{ issuer: 'demo' }],
    clusters: ['demo'],
    effect,
    rules: [{ verbs: ['get'], apiGroups: [''], resources: ['pods'] }],
  },
});
const kubeconfig = stringify({
  'current-context': 'c',
  clusters: [{ name: 'k', cluster: { server: 'https://10.1.2.3:6443' } }],
  contexts: [{ name: 'c', context: { cluster: 'k', user: 'u' } }],
  users: [{ name: 'u', user: { token: 'abc' } }],
});
const cluster = {
  apiVersion: 'gatehouse.dev/v1alpha1',
  kind: 'Cluster',
  metadata: { name: 'demo' },
  spec: { credential: { kubeconfigFile: './demo.kubeconfig' } },
};

function write(name: string, files: Record<string, string>): string {
  const directory = join(folder, name);
  mkdirSync(directory);
  for (const [file, text] of Object.entries(files)) writeFileSync(join(directory, file), text);
  return directory;
}

describe('YAML', () => {
  test('aliases are refused, so that none can unfold into gigabytes', () => {
    const bomb = [
      'a: &a [x, x]',
      ...[...'bcdefghij'].map(
        (name, index) => `${name}: &${name} [${Array(10).fill(`*${'abcdefghij'[index]}`).join(', ')}]`,
      ),
    ].join('\n');
    expect(readYaml(bomb)).toEqual({
      documents: [],
      problems: [{ line: 1, message: expect.stringContaining('aliases') }],
    });
  });
  test('a doubled key, an unknown tag and broken text are problems with their line, and quote nothing', () => {
    const { documents, problems } = readYaml('a: 1\na: s3cret\n---\nb: !thing s3cret\n---\nc: [s3cret\n---\nd: 1\n');
    expect(problems.map(({ line }) => line)).toEqual(expect.arrayContaining([2, 4]));
    expect(JSON.stringify(problems)).not.toContain('s3cret');
    expect(documents.length).toBeLessThanOrEqual(1);
  });
  test('text longer than the limit is refused unread', () => {
    expect(readYaml(' '.repeat(16 * 1024 * 1024 + 1)).problems).toHaveLength(1);
  });
  test('a key that stands twice is found among very many, and soon', { timeout: 120_000 }, () => {
    const text = Array.from({ length: 40_000 }, (_, at) => `k${at}: 1\n`).join('');
    const began = performance.now();
    expect(readYaml(`${text}k0: 2\n`).problems).toEqual([{ line: 40_001, message: 'a key stands twice' }]);
    // Less than a second; more than a minute where each is compared with each.
    expect(performance.now() - began).toBeLessThan(20_000);
  });

  test('it is YAML 1.2: no and 010 are what they look like', () => {
    expect(readYaml('a: no\nb: 010').documents[0]?.value).toEqual({ a: 'no', b: 10 });
  });
});

describe('manifests', () => {
  test('problems of every document are reported with its number and line', () => {
    const text = [
      stringify(rule('good')),
      stringify({ ...rule('bad'), kind: 'Rule' }),
      '',
      stringify(rule('Bad')),
    ].join('---\n');
    const { manifests, problems } = parseManifests(text, { source: 'a.yaml' });
    expect(manifests.map(({ object }) => object.metadata.name)).toEqual(['good']);
    expect(problems.map(({ source, path }) => `${source} ${path}`)).toEqual([
      'a.yaml, document 2 (line 19), Rule "bad" kind',
      expect.stringMatching(/^a.yaml, document 3 \(line \d+\), AccessRule "Bad" metadata.name$/),
    ]);
  });
  test('a list, as kubectl prints it, is taken apart', () => {
    const { manifests } = parseManifests(stringify({ apiVersion: 'v1', kind: 'List', items: [rule('a'), rule('b')] }), {
      source: 'list',
    });
    expect(manifests.map(({ object }) => object.metadata.name)).toEqual(['a', 'b']);
  });
  test('kubeconfigFile is refused where no file may be read', () => {
    expect(parseManifests(stringify(cluster), { source: 'api' }).problems.map(({ path }) => path)).toEqual([
      'spec.credential.kubeconfigFile',
    ]);
  });
});

describe('a folder of manifests', () => {
  test('one bad file refuses all, and every problem is told', () => {
    const read = readManifestDirectory(
      write('bad', { 'a.yaml': stringify(rule('a')), 'b.yaml': stringify(rule('B')), 'c.yml': stringify(rule('C')) }),
    );
    expect(read.ok ? [] : read.problems.map(({ path }) => path)).toEqual(['metadata.name', 'metadata.name']);
  });
  test('two objects of one kind and name are refused', () => {
    const read = readManifestDirectory(
      write('twice', { 'a.yaml': stringify(rule('a')), 'b.yaml': stringify(rule('a')) }),
    );
    expect(read.ok ? [] : read.problems.map(({ message }) => message)).toEqual([expect.stringContaining('a.yaml')]);
  });
  test('a folder that is not there is a problem', () => {
    expect(readManifestDirectory(join(folder, 'nowhere'))).toMatchObject({
      ok: false,
      problems: [{ message: 'cannot be read (ENOENT)' }],
    });
  });
  test('a kubeconfig that is not there is a problem of its document', () => {
    expect(readManifestDirectory(write('missing', { 'a.yaml': stringify(cluster) }))).toMatchObject({
      ok: false,
      problems: [{ path: 'spec.credential.kubeconfigFile' }],
    });
  });
  test('kubeconfigs are read beside the manifest, other files are left alone, and Deny comes before Allow', () => {
    const read = readManifestDirectory(
      write('good', {
        'a.yaml': `${stringify(rule('allow'))}---\n${stringify(rule('deny', 'Deny'))}`,
        'b.json': JSON.stringify(cluster),
        'demo.kubeconfig': kubeconfig,
        'notes.txt': 'x',
        '.hidden.yaml': '[',
      }),
    );
    expect(read.ok ? read.objects.map(({ metadata }) => metadata.name) : read.problems).toEqual([
      'demo',
      'deny',
      'allow',
    ]);
    expect(read.ok ? read.objects[0]?.spec : undefined).toEqual({
      server: 'https://10.1.2.3:6443',
      credential: { token: 'abc' },
    });
  });
});

test('dangling names, two defaults and two clusters on one server are warned of', () => {
  const own = (name: string) => ({
    ...cluster,
    metadata: { name },
    spec: { server: 'https://10.1.2.3', default: true },
  });
  const found = findWarningsBetween([own('a'), own('b'), rule('r')]);
  expect(found).toEqual([
    expect.stringContaining('issuer "demo"'),
    expect.stringContaining('cluster "demo"'),
    expect.stringContaining('all the default'),
    expect.stringContaining('one server'),
  ]);
});
