import { expect, test } from 'vitest';
import { readQuestion } from './read-question.ts';

const form = (values: Record<string, string>): FormData => {
  const data = new FormData();
  for (const [name, value] of Object.entries(values)) data.set(name, value);
  return data;
};

test('what is left empty is not asked', () => {
  expect(readQuestion(form({ user: ' bob ', verb: 'list', resource: 'pods', groups: '\n' }), false)).toEqual({
    user: 'bob',
    resourceAttributes: { verb: 'list', resource: 'pods' },
  });
});

test('a resource is written with its group and subresource, groups one a line', () => {
  const fields = {
    user: 'bob',
    groups: 'a, b\n c',
    cluster: 'prod',
    verb: 'patch',
    resource: 'deployments.apps/scale',
    namespace: 'x',
    name: 'web',
  };
  expect(readQuestion(form(fields), false)).toEqual({
    user: 'bob',
    groups: ['a, b', 'c'],
    cluster: 'prod',
    resourceAttributes: {
      verb: 'patch',
      resource: 'deployments',
      group: 'apps',
      subresource: 'scale',
      namespace: 'x',
      name: 'web',
    },
  });
});

test('a path is asked as it stands', () => {
  expect(readQuestion(form({ user: 'bob', method: 'get', path: '/api/v1/pods?watch=1' }), true)).toEqual({
    user: 'bob',
    method: 'GET',
    path: '/api/v1/pods?watch=1',
  });
});
