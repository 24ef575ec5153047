import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { runSoak } from '../soak/run-soak.ts';
import { inMib } from '../support/read-memory.ts';
import { control, gatewayOn } from './world.ts';

const SECONDS = 120;
/** Other lanes run beside this one and have time limits; test/long has the same under full load. */
const PAUSES = 8;

it(
  'holds memory and descriptors flat through two minutes of mixed load',
  { timeout: (SECONDS + 60) * 1000 },
  async () => {
    const gateway = gatewayOn('postgres');
    const pid = await control<number>('gateway-pid', { engine: gateway.engine });
    const { done, problems } = await runSoak({
      target: { port: gateway.port, token: gateway.people.root.idToken, caPem: readFileSync(gateway.caFile, 'utf8') },
      gateway: { pid, readLog: () => readFileSync(gateway.logFile, 'utf8') },
      seconds: SECONDS,
      pauses: PAUSES,
      onSample: ({ atSeconds, descriptors, live }) => {
        if (live)
          console.log(
            `${atSeconds} s: ${inMib(live.used)} MiB in use, ${inMib(live.resident)} resident, ${descriptors} descriptors`,
          );
      },
    });
    console.log(JSON.stringify(done));
    expect(problems).toEqual([]);
  },
);
