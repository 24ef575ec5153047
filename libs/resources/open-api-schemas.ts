import { z } from 'zod';
import { API_GROUP, API_VERSION, KINDS } from './kinds.ts';

const VERSION = API_VERSION.split('/')[1] as string;

/**
 * OpenAPI 3.0 schemas of the kinds, for `kubectl explain` and for editors. They say the shape; what holds between keys
 * only `validateObject` knows.
 */
export function openApiSchemas(): Record<string, object> {
  return Object.fromEntries(
    KINDS.map(({ kind, schema }) => [
      `dev.gatehouse.${VERSION}.${kind}`,
      {
        ...withoutDialect(z.toJSONSchema(schema, { target: 'openapi-3.0', io: 'input', unrepresentable: 'any' })),
        'x-kubernetes-group-version-kind': [{ group: API_GROUP, version: VERSION, kind }],
      },
    ]),
  );
}

function withoutDialect({ $schema: _dialect, '~standard': _standard, ...schema }: Record<string, unknown>): object {
  return schema;
}
