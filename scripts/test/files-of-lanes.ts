/** Which test files belong to which lane; a test (`lanes.test.ts`) shows that each file is in exactly one. */
export interface LaneFiles {
  readonly include: readonly string[];
  readonly exclude: readonly string[];
}

/** They judge processor time, memory or how long the event loop was held: nothing else may run beside them. */
const MEASURED = [
  'test/integration/bench-ratios.test.ts',
  'test/integration/compile-slices.test.ts',
  'test/integration/fair-shares.test.ts',
  'test/integration/flood-refusals.test.ts',
  'test/integration/forward-backpressure.test.ts',
  'test/integration/forward-load.test.ts',
  'test/integration/repeated-bytes.test.ts',
];

/** The store's own tests, those of the commands that keep it, and what becomes of it in faults, on both databases. */
const STORE = [
  'test/integration/{audit-stalls,gateway-alone,gateway-crash,gateway-faults,kill-records,shutdown-bounds}.test.ts',
  'test/integration/store-*.test.ts',
  'test/integration/cli-keys.test.ts',
  'test/integration/cli-postgres.test.ts',
];

export const FILES_OF_LANES = {
  unit: {
    include: [
      'libs/**/*.test.ts',
      'apps/**/*.test.{ts,tsx}',
      'test/matrix/**/*.test.ts',
      'test/bench/**/*.test.ts',
      'test/soak/**/*.test.ts',
    ],
    exclude: [],
  },
  integration: {
    include: ['test/{integration,cluster,check,requestinfo}/**/*.test.ts'],
    exclude: [...MEASURED, ...STORE],
  },
  store: { include: STORE, exclude: [] },
  e2e: { include: ['test/e2e/**/*.test.ts', 'test/security/**/*.test.ts'], exclude: [] },
  measured: { include: MEASURED, exclude: [] },
  long: { include: ['test/long/**/*.test.ts'], exclude: [] },
} as const satisfies Readonly<Record<string, LaneFiles>>;

/**
 * Lanes that run files of another lane again, in another setting: forwarding with Node's server and undici in place of
 * the own HTTP/1.1 code (`http.ownHttp1: false`).
 */
export const REPEATED_LANES = {
  'node-http1': {
    include: [
      'test/integration/forward-{abort,bodies,hostile,http1-ends,http2,http2-ends,lent-bytes,tunnel-bytes,upgrade}.test.ts',
      'test/integration/sent-bytes.test.ts',
    ],
    exclude: [],
  },
} as const satisfies Readonly<Record<string, LaneFiles>>;

export type VitestLane = keyof typeof FILES_OF_LANES | keyof typeof REPEATED_LANES;
