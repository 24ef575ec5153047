/**
 * One project a lane. `unit` is pure and runs in parallel; the others start databases, a control plane, a gateway and
 * a browser, so their files run one after another: many of them at once would fight for the same two cores and make
 * every time-out a guess. Which lanes run side by side is in scripts/test/plan.ts.
 *
 * The condition `source` makes `#kube` and its sisters resolve to the TypeScript sources, here, in the
 * forked workers, and in the worker threads that the code under test starts itself.
 */
import { defaultClientConditions, defaultServerConditions } from 'vite';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';
import { FILES_OF_LANES, REPEATED_LANES, type VitestLane } from './scripts/test/files-of-lanes.ts';

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
  testTimeout: number;
  hookTimeout: number;
  fileParallelism?: boolean;
  globalSetup?: string[];
  env?: Record<string, string>;
}

function lane(
  name: VitestLane,
  { testTimeout, hookTimeout, fileParallelism = false, globalSetup = [], env = {} }: Lane,
) {
  const { include, exclude } = { ...FILES_OF_LANES, ...REPEATED_LANES }[name];
  return {
    resolve,
    ssr,
    test: {
      name,
      include: [...include],
      exclude: [...never, ...exclude],
      environment: 'node' as const,
      pool: 'forks' as const,
      execArgv,
      fileParallelism,
      testTimeout,
      hookTimeout,
      globalSetup,
      env,
      teardownTimeout: 30_000,
      // The summary of a run shows the message only, so it holds what was found.
      chaiConfig: { truncateThreshold: 2_000 },
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
      lane('unit', { testTimeout: 10_000, hookTimeout: 30_000, fileParallelism: true }),
      lane('integration', { testTimeout: 60_000, hookTimeout: 600_000 }),
      lane('node-http1', { testTimeout: 60_000, hookTimeout: 600_000, env: { GATEHOUSE_TEST_NODE_HTTP1: 'true' } }),
      lane('store', { testTimeout: 60_000, hookTimeout: 600_000 }),
      lane('e2e', { testTimeout: 120_000, hookTimeout: 600_000, globalSetup: ['test/e2e/global-setup.ts'] }),
      lane('measured', { testTimeout: 60_000, hookTimeout: 600_000 }),
      lane('long', { testTimeout: 600_000, hookTimeout: 600_000 }),
    ],
  },
});
