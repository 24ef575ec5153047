import { describe, expect, it } from 'vitest';
import { loadConfig, type Config } from '#config';
import type { Log } from '../log.ts';
import { descriptorsAllowed, requireDescriptors, warnOfDescriptors } from './check-limit.ts';

function configOf(env: Record<string, string> = {}): Config {
  const loaded = loadConfig({ env, file: '/dev/null' });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  return loaded.config;
}

function collect(): { log: Log; lines: [string, string, Record<string, unknown>?][] } {
  const lines: [string, string, Record<string, unknown>?][] = [];
  const at = (level: string) => (message: string, fields?: Record<string, unknown>) =>
    void lines.push(fields ? [level, message, fields] : [level, message]);
  return { lines, log: { info: at('info'), warn: at('warn'), error: at('error') } };
}

describe('a start', () => {
  it.each([0, 64, 255])('is refused with a limit of %d, and says how to raise it', (limit) => {
    const { log } = collect();
    expect(() => requireDescriptors(limit, log)).toThrow(
      new RegExp(`is ${limit}, and the gateway needs at least 256\\. .*ulimit -n.*LimitNOFILE.*Kubernetes`),
    );
  });

  it.each([256, 1_048_576, Infinity])('goes on with a limit of %d', (limit) => {
    const { log, lines } = collect();
    requireDescriptors(limit, log);
    expect(lines).toEqual([]);
  });

  it('says that nothing is guarded where the limit is unknown', () => {
    const { log, lines } = collect();
    requireDescriptors(undefined, log);
    warnOfDescriptors(undefined, configOf(), 1, log);
    expect(lines).toEqual([['info', expect.stringContaining('cannot be read')]]);
  });
});

describe('what the settings allow', () => {
  const SMALL = {
    GATEHOUSE_WORKERS: '1',
    GATEHOUSE_LIMITS_MAX_STREAMS: '100',
    GATEHOUSE_LIMITS_MAX_REQUESTS_IN_FLIGHT: '50',
    GATEHOUSE_LIMITS_MAX_UPSTREAM_CONNECTIONS: '8',
  };

  it('is two for a stream, one for a request, and the pools of each cluster', () => {
    expect(descriptorsAllowed(configOf(SMALL), 0)).toBe(64 + 64 + 2 * 100 + 50);
    expect(descriptorsAllowed(configOf(SMALL), 3)).toBe(64 + 64 + 2 * 100 + 50 + 3 * 4 * 8);
  });

  it('is divided among workers, but for the pools', () => {
    const config = configOf({ ...SMALL, GATEHOUSE_WORKERS: '2' });
    expect(descriptorsAllowed(config, 1)).toBe(64 + 64 + 2 * 50 + 25 + 4 * 8);
  });

  it('is warned of once, with the numbers, where the limit is lower', () => {
    const { log, lines } = collect();
    const config = configOf(SMALL);
    warnOfDescriptors(378, config, 0, log);
    expect(lines).toEqual([]);
    warnOfDescriptors(377, config, 0, log);
    expect(lines).toEqual([
      ['warn', expect.stringContaining('LimitNOFILE'), expect.objectContaining({ limit: 377, allowed: 378 })],
    ]);
  });

  it('is without end where a limit is 0', () => {
    const { log, lines } = collect();
    const config = configOf({ ...SMALL, GATEHOUSE_LIMITS_MAX_STREAMS: '0' });
    warnOfDescriptors(1_048_576, config, 0, log);
    expect(lines).toEqual([['warn', expect.any(String), expect.objectContaining({ allowed: 'no limit' })]]);
  });
});
