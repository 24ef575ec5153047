import { expect, test } from 'vitest';
import { FaultWorld } from '../faults/fault-world.ts';
import { describeFindings, describeResult } from '../faults/fault-report.ts';
import { EXCLUDED, instrumentGateway } from '../faults/instrumented-gateway.ts';
import { runFaults } from '../faults/run-faults.ts';

/** Functions in the scenarios that call them, in their first, a middle and their last call; in an order that differs. */
test.each([
  { listening: 'TLS', plain: false, budgetMs: 300_000 },
  { listening: 'plain HTTP', plain: true, budgetMs: 150_000 },
])('whatever throws ends its own exchange, in any call ($listening)', { timeout: 600_000 }, async (each) => {
  const instrumented = instrumentGateway();
  const world = await FaultWorld.start(instrumented, { plain: each.plain });
  try {
    const seed = Date.now() % 2 ** 31;
    const options = { budgetMs: each.budgetMs, calls: 'first, middle and last', seed, excluded: EXCLUDED } as const;
    const result = await runFaults(world, instrumented.functions, options);
    console.log(describeResult(`faults (${each.listening}, seed ${seed})`, result));
    console.log(result.unreached.map(({ file, line, name }) => `no scenario calls ${file}:${line} ${name}`).join('\n'));
    expect(describeFindings(result.findings)).toEqual([]);
    expect(result.done).toBeGreaterThan(700);
  } finally {
    await world.stop();
  }
});
