import { describe, expect, test } from 'vitest';
import { groupAppends } from './group-appends.ts';

/** A database that fails while `failing` is set, and lists its transactions. */
function setUp() {
  const database = { failing: false, committed: [] as string[][], tried: 0 };
  const appends = groupAppends(async (batches) => {
    database.tried += 1;
    await Promise.resolve();
    if (database.failing) throw new Error('no');
    database.committed.push([...batches]);
  });
  return { database, appends };
}

describe('batches of several workers', () => {
  test('that fail, fail for each that waits, and are not saved without its sending them again', async () => {
    const { database, appends } = setUp();
    database.failing = true;
    const sent = [appends.append(['a'], 1), appends.append(['b'], 2), appends.append(['c'], 2)];
    expect((await Promise.allSettled(sent)).map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
    database.failing = false;
    await appends.append(['b'], 2);
    expect(database.committed).toEqual([['b']]);
  });

  test('that arrive during a commit share the next one', async () => {
    const { database, appends } = setUp();
    await Promise.all([appends.append(['a'], 1), appends.append(['b'], 2), appends.append(['c'], 1)]);
    expect(database.committed).toEqual([['a'], ['b', 'c']]);
  });
});

describe('a batch of a worker that ended', () => {
  test('is kept where its commit had failed, and saved before what comes next, alone', async () => {
    const { database, appends } = setUp();
    database.failing = true;
    await appends.append(['a'], 1).catch(() => {});
    appends.senderLost(1);
    await appends.append(['b'], 2).catch(() => {});
    await appends.settle();
    database.failing = false;
    await appends.append(['b', 'c'], 2);
    expect(database.committed).toEqual([['a'], ['b', 'c']]);
    await appends.settle();
    expect(database.committed).toHaveLength(2);
  });

  test('is kept where its commit fails after that', async () => {
    const { database, appends } = setUp();
    database.failing = true;
    const sent = appends.append(['a'], 1).catch(() => {});
    appends.senderLost(1);
    await sent;
    database.failing = false;
    await appends.settle();
    expect(database.committed).toEqual([['a']]);
  });

  test('is not saved again where the worker had sent it again with success', async () => {
    const { database, appends } = setUp();
    database.failing = true;
    await appends.append(['a'], 1).catch(() => {});
    database.failing = false;
    await appends.append(['a', 'b'], 1);
    appends.senderLost(1);
    await appends.settle();
    expect(database.committed).toEqual([['a', 'b']]);
  });

  test('is handed out in the end where it could not be saved', async () => {
    const { database, appends } = setUp();
    database.failing = true;
    await appends.append(['a'], 1).catch(() => {});
    appends.senderLost(1);
    await appends.settle();
    expect(appends.takeUnsaved()).toEqual(['a']);
    expect(appends.takeUnsaved()).toEqual([]);
  });
});
