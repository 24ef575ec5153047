import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { copyTree, type TreeCopy } from './copy-tree.ts';
import { findInCopy } from './find-in-copy.ts';

let copy: TreeCopy;
beforeAll(() => {
  copy = copyTree();
});
afterAll(() => copy.remove());

const WRONG: readonly [what: string, file: string, text: string, rule: string][] = [
  [
    'a stage that uses another stage',
    'libs/policy/planted.ts',
    "import { compileMappings } from '#mapping';\nexport const used = compileMappings;\n",
    'arrows-of-policy',
  ],
  [
    'a stage that knows a type of the store',
    'libs/identity/planted.ts',
    "import type { Store } from '#store';\nexport type Used = Store;\n",
    'arrows-of-identity',
  ],
  [
    'a stage that knows one type of the store among values',
    'libs/mapping/planted.ts',
    "import { type Store, openStore } from '#store';\nexport const used = (store: Store) => [store, openStore];\n",
    'arrows-of-mapping',
  ],
  [
    'a stage that re-exports a type of another',
    'libs/audit/planted.ts',
    "export type { Pipeline } from '#pipeline';\n",
    'arrows-of-audit',
  ],
  [
    'a stage that knows a type of Nest',
    'libs/forward/planted.ts',
    "import type { INestApplication } from '@nestjs/common';\nexport type Used = INestApplication;\n",
    'nest-in-apps-only',
  ],
  [
    'a lib that loads another when it runs',
    'libs/kube/planted.ts',
    "export const used = () => import('#policy');\n",
    'arrows-of-kube',
  ],
  [
    'a lib that knows an app',
    'libs/login/planted.ts',
    "import type { DispatchPorts } from '../../apps/gateway/dispatch.ts';\nexport type Used = DispatchPorts;\n",
    'arrows-of-login',
  ],
  [
    'the HTTP room that knows Kubernetes',
    'libs/http/planted.ts',
    "import { statusBody } from '#kube';\nexport const used = statusBody;\n",
    'arrows-of-http',
  ],
  [
    'the HTTP room that knows a user',
    'libs/http/upstream/planted.ts',
    "import type { Identity } from '#model';\nexport type Used = Identity;\n",
    'arrows-of-http',
  ],
  [
    'the model that knows anybody',
    'libs/model/planted.ts',
    "import { ERRORS } from '#errors';\nexport const used = ERRORS;\n",
    'arrows-of-model',
  ],
  [
    'a path into the folder of an allowed lib',
    'libs/pipeline/planted.ts',
    "import { ERRORS } from '../errors/errors.ts';\nexport const used = ERRORS;\n",
    'libs-by-name',
  ],
  [
    'an app that goes past the name of a lib',
    'apps/cli/planted.ts',
    "import { ERRORS } from '../../libs/errors/errors.ts';\nexport const used = ERRORS;\n",
    'libs-by-name',
  ],
  [
    'an app that uses another app',
    'apps/cli/planted-beside.ts',
    "import { createDispatcher } from '../gateway/dispatch.ts';\nexport const used = createDispatcher;\n",
    'apps-apart',
  ],
  [
    'the console that shares code with the gateway',
    'apps/console/src/planted.ts',
    "import { ERRORS } from '../../../libs/errors/errors.ts';\nexport const used = ERRORS;\n",
    'console-stands-alone',
  ],
  [
    'a database driver outside the store',
    'libs/clusters/planted.ts',
    "import type { Pool } from 'pg';\nexport type Used = Pool;\n",
    'typeorm-in-store-only',
  ],
  [
    'product code that uses test code',
    'apps/gateway/planted.ts',
    "import { findFreePort } from '../../test/support/find-free-port.ts';\nexport const used = findFreePort;\n",
    'no-test-code-in-the-product',
  ],
  [
    'a lib without a row of arrows',
    'libs/planted/index.ts',
    "import { join } from 'node:path';\nexport const used = join;\n",
    'every-lib-has-its-arrows',
  ],
  [
    'an import that leads nowhere',
    'libs/kube/planted-lost.ts',
    "import { gone } from './gone.ts';\nexport const used = gone;\n",
    'no-unresolvable',
  ],
  [
    'a circle, if only of types',
    'libs/kube/planted-circle.ts',
    "import type { Used } from './planted-circle.ts';\nexport type Again = Used;\nexport type Used = string;\n",
    'no-circular',
  ],
];

/** All at once: the cruiser reads the whole tree each time, and none of them hides another. */
const findAll = (): string =>
  WRONG.reduceRight<() => string>(
    (act, [, file, text]) =>
      () =>
        copy.withPlanted(file, text, act),
    () => findInCopy(copy.root, 'boundaries'),
  )();

describe('the boundaries between the rooms', () => {
  let found: string;
  beforeAll(() => {
    found = findAll();
  });
  test.each(WRONG)('%s fails the check', (_what, file, _text, rule) => {
    expect(found).toContain(`error ${rule}: ${file}`);
  });

  test('a type written as import(…) in place, which the cruiser does not follow, fails the lint', () => {
    const text = "export type Used = import('#store').Store;\n";
    const problems = copy.withPlanted('libs/policy/planted.ts', text, () => findInCopy(copy.root, 'lint'));
    expect(problems).toContain('consistent-type-imports');
  });

  test('a wrong import makes the command itself end with 1 and name the file', () => {
    const text = "import type { Store } from '#store';\nexport type Used = Store;\n";
    const run = copy.withPlanted('libs/policy/planted.ts', text, () =>
      spawnSync(
        process.execPath,
        ['--conditions=source', join(copy.root, 'scripts/check.ts'), '--only', 'boundaries'],
        { encoding: 'utf8' },
      ),
    );
    expect(run.stdout).toContain('libs/policy/planted.ts');
    expect(run.status).toBe(1);
  });

  test('the tree as it is passes, and so does an allowed import', () => {
    const text =
      "import type { Identity } from '#model';\nimport { ERRORS } from '#errors';\nexport const used = (identity: Identity) => [identity, ERRORS];\n";
    const problems = copy.withPlanted('libs/policy/planted.ts', text, () => findInCopy(copy.root, 'boundaries'));
    expect(problems).toBe('');
  });
});
