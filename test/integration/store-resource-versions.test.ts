/**
 * A watch that resumes after `resourceVersion` N must never miss a change: whatever becomes visible later has a larger
 * version than everything that was visible before. Writers are processes of their own; this process reads.
 */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { describeStore, type StoreSuite } from '../support/describe-store.ts';
import { createOrderCheck } from '../support/check-version-order.ts';

const WRITERS = ['one', 'two'];
const LANES = 3;
const ROUNDS = 12;
const COMMITS = WRITERS.length * LANES * ROUNDS * 3;
const PROGRAM = fileURLToPath(new URL('../support/change-objects.ts', import.meta.url));

/** Takes up to 10 ms between the number and the commit, as a slow disk or network would. */
const SLOW_COMMITS = `
  CREATE FUNCTION be_slow() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN PERFORM pg_sleep(random() * 0.01); RETURN NULL; END $$;
  CREATE TRIGGER slow AFTER INSERT OR UPDATE OR DELETE ON objects FOR EACH ROW EXECUTE FUNCTION be_slow()`;

/** Puts a sequence in place of the revision's row: its number is taken at once, and no writer waits for another. */
const NUMBERS_OF_A_SEQUENCE = `
  ALTER TABLE revision RENAME TO revision_rows;
  CREATE SEQUENCE numbers START 1000;
  SELECT nextval('numbers');
  CREATE VIEW revision AS SELECT id, CASE WHEN id = 1
    THEN coalesce(nullif(current_setting('test.own', true), '')::bigint, (SELECT last_value FROM numbers))
    ELSE revision END AS revision FROM revision_rows;
  CREATE FUNCTION take_number() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    IF NEW.revision = OLD.revision THEN RETURN NEW; END IF;
    IF NEW.id = 1 THEN PERFORM set_config('test.own', nextval('numbers')::text, true);
    ELSE UPDATE revision_rows SET revision = NEW.revision WHERE id = NEW.id; END IF;
    RETURN NEW; END $$;
  CREATE TRIGGER take INSTEAD OF UPDATE ON revision FOR EACH ROW EXECUTE FUNCTION take_number()`;

/** SQLite lets one process write at a time, so the effect is planted: one process writes numbers that it took earlier. */
const NUMBERS_TAKEN_EARLIER = `
  CREATE TRIGGER earlier AFTER INSERT ON objects WHEN NEW.name LIKE 'two-%'
  BEGIN UPDATE objects SET resource_version = resource_version - 5 WHERE uid = NEW.uid; END`;

/** Reads list after list while the writers run. Returns what was out of order, and how many revisions were seen. */
async function readWhileWriting(suite: StoreSuite): Promise<{ faults: readonly string[]; revisions: number }> {
  const { log: _log, ...options } = suite.database.options;
  const running = new Set(WRITERS);
  const ended = WRITERS.map(
    (prefix) =>
      new Promise<number | null>((resolve) => {
        const program = [PROGRAM, JSON.stringify(options), prefix, String(LANES), String(ROUNDS)];
        const child = spawn(process.execPath, ['--conditions=source', ...program], { stdio: 'inherit' });
        child.once('exit', (code) => {
          running.delete(prefix);
          resolve(code);
        });
      }),
  );
  const check = createOrderCheck();
  while (running.size > 0) {
    check.saw(await suite.store.objects.list('Mapping'));
    // An exit is an event of the loop's next turn.
    await new Promise((resolve) => setImmediate(resolve));
  }
  check.saw(await suite.store.objects.list('Mapping'));
  expect(await Promise.all(ended)).toEqual(WRITERS.map(() => 0));
  return check;
}

describeStore('resourceVersion', (suite) => {
  const onPostgres = (): boolean => suite.engine === 'PostgreSQL';

  test(
    'follows the order in which commits become visible, with writers in two processes',
    { timeout: 60_000 },
    async () => {
      if (onPostgres()) await suite.database.sql(SLOW_COMMITS);
      const before = await suite.store.objects.revision();
      const { faults, revisions } = await readWhileWriting(suite);
      expect(faults).toEqual([]);
      // One number for each commit; and a reader that saw the ends only would have judged nothing.
      expect((await suite.store.objects.revision()) - before).toBe(COMMITS);
      expect(revisions).toBeGreaterThan(10);
    },
  );

  test(
    'out of that order is found: the same reader, with numbers that are taken before another commit',
    { timeout: 60_000 },
    async () => {
      if (onPostgres()) await suite.database.sql(SLOW_COMMITS);
      await suite.database.sql(onPostgres() ? NUMBERS_OF_A_SEQUENCE : NUMBERS_TAKEN_EARLIER);
      const { faults } = await readWhileWriting(suite);
      expect(faults.join('\n')).toMatch(/appeared with version \d+ after a list at \d+/);
    },
  );
});
