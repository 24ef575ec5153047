import { expect, test } from 'vitest';
import { FaultWorld } from '../faults/fault-world.ts';
import { EXCLUDED, instrumentGateway } from '../faults/instrumented-gateway.ts';
import { describeFindings, describeResult } from '../faults/fault-report.ts';
import { runFaults } from '../faults/run-faults.ts';

/** Every function in every scenario that calls it: in its first, a middle and its last call. */
test.each([
  { listening: 'TLS', plain: false },
  { listening: 'plain HTTP', plain: true },
])('whatever throws ends its own exchange, in every scenario ($listening)', { timeout: 1_500_000 }, async (each) => {
  const instrumented = instrumentGateway();
  const world = await FaultWorld.start(instrumented, { plain: each.plain });
  try {
    const seed = Date.now() % 2 ** 31;
    const options = { budgetMs: 1_200_000, calls: 'first, middle and last', seed, excluded: EXCLUDED } as const;
    const result = await runFaults(world, instrumented.functions, options);
    console.log(describeResult(`faults (${each.listening})`, result));
    console.log(result.unreached.map(({ file, line, name }) => `no scenario calls ${file}:${line} ${name}`).join('\n'));
    expect(describeFindings(result.findings)).toEqual([]);
    expect(result.done).toBe(result.planned);
  } finally {
    await world.stop();
  }
});
