/**
 * Three lanes. `unit` is pure and runs in parallel; `integration` and `e2e` start databases, a control
 * plane, a gateway and a browser, so their files run one after another: two of them at once would
 * fight for the same two cores and make every time-out a guess.
 *
 * The condition `source` makes `#kube` and its sisters resolve to the TypeScript sources, here, in the
 * forked workers, and in the worker threads that the code under test starts itself.
 */
import { defaultClientConditions, defaultServerConditions } from 'vite';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

if (Number(process.versions.node.split('.')[0]) < 24) {
  throw new Error(`Node ${process.version} is too old here: PATH=node_modules/.bin:$PATH vitest run <file>`);
}

const resolve = { conditions: ['source', ...defaultServerConditions] };
const ssr = { resolve: { conditions: ['source', ...defaultServerConditions], externalConditions: ['source', 'node'] } };
const execArgv = ['--conditions=source'];
const never = ['**/node_modules/**', '**/dist/**', '**/.cache/**', '**/.demo/**'];

/** These look at what all others did, so they come behind them, in this order. */
const LAST = ['/reconcile-logs.test.ts', '/dump-secrets.test.ts'];

class LookersLast extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const place = ({ moduleId }: TestSpecification): number => LAST.findIndex((end) => moduleId.endsWith(end));
    return sorted.toSorted((one, other) => place(one) - place(other));
  }
}

interface Lane {
  name: string;
  include: string[];
  fileParallelism: boolean;
  testTimeout: number;
  hookTimeout: number;
  globalSetup?: string[];
}

function lane({ name, include, fileParallelism, testTimeout, hookTimeout, globalSetup = [] }: Lane) {
  return {
    resolve,
    ssr,
    test: {
      name,
      include,
      exclude: never,
      environment: 'node' as const,
      pool: 'forks' as const,
      execArgv,
      fileParallelism,
      testTimeout,
      hookTimeout,
      globalSetup,
      teardownTimeout: 30_000,
      allowOnly: false,
    },
  };
}

export default defineConfig({
  resolve: { conditions: ['source', ...defaultClientConditions] },
  ssr,
  test: {
    allowOnly: false,
    passWithNoTests: false,
    sequence: { sequencer: LookersLast },
    projects: [
      lane({
        name: 'unit',
        include: [
          'libs/**/*.test.ts',
          'apps/**/*.test.{ts,tsx}',
          'migrations/**/*.test.ts',
          'test/matrix/**/*.test.ts',
          'test/bench/**/*.test.ts',
          'test/soak/**/*.test.ts',
        ],
        fileParallelism: true,
        testTimeout: 10_000,
        hookTimeout: 30_000,
      }),
      lane({
        name: 'integration',
        include: ['test/{integration,cluster,check,requestinfo}/**/*.test.ts'],
        fileParallelism: false,
        testTimeout: 60_000,
        hookTimeout: 600_000,
      }),
      lane({
        name: 'e2e',
        include: ['test/e2e/**/*.test.ts', 'test/security/**/*.test.ts'],
        globalSetup: ['test/e2e/global-setup.ts'],
        fileParallelism: false,
        testTimeout: 120_000,
        hookTimeout: 600_000,
      }),
    ],
  },
});
