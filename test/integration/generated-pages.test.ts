import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { rootOf } from '../demo/run-cli.ts';

test.each(['generate-configuration-reference.ts', 'generate-error-reference.ts'])(
  '%s would write the page that is there',
  (script) => {
    const run = spawnSync(process.execPath, ['--conditions=source', join(rootOf(), 'scripts', script), '--check'], {
      encoding: 'utf8',
    });
    expect([run.status, run.stderr]).toEqual([0, '']);
  },
);
