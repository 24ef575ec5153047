import { describe, expect, test } from 'vitest';
import { createRestartPolicy } from './restart-policy.ts';

const crash = { whileStarting: false, mayPass: false, livedMs: 1_000 };
const failedStart = { ...crash, whileStarting: true };

describe('what follows the end of a worker', () => {
  test('five failed starts within 30 s end the gateway', () => {
    let now = 0;
    const judge = createRestartPolicy(() => now);
    for (let at = 0; at < 4; at += 1) {
      expect(judge(failedStart).act).toBe('restart');
      now += 7_000;
    }
    expect(judge(failedStart)).toEqual({ act: 'giveUp' });
  });

  test('failed starts that are further apart, and those of a database that is away, do not', () => {
    let now = 0;
    const judge = createRestartPolicy(() => now);
    for (let at = 0; at < 20; at += 1) {
      expect(judge(failedStart).act).toBe('restart');
      now += 7_600;
    }
    const other = createRestartPolicy(() => 0);
    for (let at = 0; at < 20; at += 1) expect(other({ ...failedStart, mayPass: true }).act).toBe('restart');
  });

  test('a crash is answered at once, further ones with growing pauses, and a long life forgives them', () => {
    const judge = createRestartPolicy(() => 0);
    const pauses = Array.from({ length: 9 }, () => judge(crash)).map((verdict) =>
      verdict.act === 'restart' ? verdict.afterMs : -1,
    );
    expect(pauses).toEqual([0, 100, 200, 400, 800, 1600, 3200, 5000, 5000]);
    expect(judge({ ...crash, livedMs: 30_000 })).toEqual({ act: 'restart', afterMs: 0 });
    expect(judge(crash)).toEqual({ act: 'restart', afterMs: 100 });
  });
});
