import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { validateObject } from './validate-object.ts';
import { accessRuleSpecSchema } from './access-rule-schema.ts';
import { conditionsSchema } from './conditions-schema.ts';

const page = readFileSync(new URL('../../docs/access-rules.md', import.meta.url), 'utf8');
const examples = [...page.matchAll(/```yaml\n([\s\S]*?)```/g)].map(
  ([, text = '']) => parse(text) as { metadata: { name: string } },
);
/** When the page's rule for learning was saved. */
const WRITTEN = Date.parse('2026-01-01T00:00:00Z');

test('the page on access rules has examples', () => {
  expect(examples.length).toBeGreaterThan(5);
});
test.each(examples.map((example) => [example.metadata.name, example]))('its example %s is valid', (_name, example) => {
  const judged = validateObject(example, WRITTEN);
  expect(judged.ok ? [] : judged.problems).toEqual([]);
});
test('it explains every field', () => {
  const entry = accessRuleSpecSchema.shape.rules.element.shape;
  const fields = [accessRuleSpecSchema.shape, entry, conditionsSchema.shape].flatMap((shape) => Object.keys(shape));
  expect(fields.filter((field) => !new RegExp(`^\\| \`${field}(\\[\\])?\` \\|`, 'm').test(page))).toEqual([]);
});
