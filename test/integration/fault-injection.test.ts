import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { FaultWorld } from '../faults/fault-world.ts';
import { instrument } from '../faults/instrument.ts';
import { EXCLUDED, instrumentGateway } from '../faults/instrumented-gateway.ts';
import { describeFindings, describeResult } from '../faults/fault-report.ts';
import { runFaults } from '../faults/run-faults.ts';
import { SCENARIOS } from '../faults/scenarios.ts';

/**
 * Every function of the HTTP engine throws once, in the scenarios that call it. The process lives, other exchanges are
 * unharmed, the client of the faulted one sees a 5xx or a cut, and the audit log has its record. The long form
 * (`test/long`) takes more of the scenarios, and a middle and the last call too.
 */
const seed = Date.now() % 2 ** 31;

test('a callback without a boundary is found', { timeout: 120_000 }, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-planted-'));
  writeFileSync(join(folder, 'planted.js'), 'setInterval(() => {\n  globalThis.ticks = 1;\n}, 1);\n');
  const planted = instrument(folder, ['planted.js']);
  const alsoImport = pathToFileURL(join(folder, 'planted.js')).href;
  const world = await FaultWorld.start(planted, { alsoImport });
  try {
    const scenarios = SCENARIOS.filter(({ name }) => name === 'WebSocket');
    const options = { budgetMs: 30_000, calls: 'first', seed, excluded: [], scenarios, mostDeaths: 1 } as const;
    const result = await runFaults(world, planted.functions, options);
    expect(result.deaths).toBe(1);
    expect(describeFindings(result.findings)).toMatchObject([
      expect.stringMatching(/^planted\.ts:1 setInterval\(\)\n {2}the process ended: Error: planted fault/),
    ]);
  } finally {
    await world.stop();
    rmSync(folder, { recursive: true });
  }
});

test.each([
  { listening: 'TLS', plain: false, budgetMs: 45_000 },
  { listening: 'plain HTTP', plain: true, budgetMs: 30_000 },
])('whatever throws ends its own exchange and nothing else ($listening)', { timeout: 300_000 }, async (each) => {
  const instrumented = instrumentGateway();
  const world = await FaultWorld.start(instrumented, { plain: each.plain });
  try {
    const options = { budgetMs: each.budgetMs, calls: 'first', seed, excluded: EXCLUDED } as const;
    const result = await runFaults(world, instrumented.functions, options);
    console.log(`${describeResult(`faults (${each.listening}, seed ${seed})`, result)}`);
    expect(describeFindings(result.findings)).toEqual([]);
    expect(result.reached).toBeGreaterThan(200);
  } finally {
    await world.stop();
  }
});
