import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { readYaml } from '../object-yaml.ts';

const read = (file: string) => readYaml(readFileSync(new URL(file, import.meta.url), 'utf8'));

it.each([
  ['access-rule.yaml', 'AccessRule'],
  ['cluster.yaml', 'Cluster'],
  ['issuer.yaml', 'Issuer'],
  ['mapping.yaml', 'Mapping'],
])('%s is an object of its kind', (file, kind) => {
  expect(read(file)).toMatchObject({ ok: true, object: { apiVersion: 'gatehouse.dev/v1alpha1', kind } });
});
