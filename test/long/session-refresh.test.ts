import { describe, test } from 'vitest';
import { REFRESH_CASES } from '../support/refresh-cases.ts';
import { useRefreshingWorld } from '../support/use-refreshing-world.ts';

describe('a session that is refreshed on SQLite', () => {
  const suite = useRefreshingWorld(() => undefined);
  test.each(REFRESH_CASES.filter(({ onEach }) => !onEach))('$name', ({ run }) => run(suite));
});
