import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { describeStore } from '../support/describe-store.ts';
import { stateOf } from '#resources';
import { mappingObject } from '../support/store-samples.ts';

describeStore('the store of objects', (suite) => {
  describe('objects', () => {
    test('are not found, and changing them is refused, where there are none', async () => {
      expect(await suite.store.objects.get('Mapping', 'nobody')).toBeUndefined();
      await expect(suite.store.objects.update(mappingObject('nobody'), [])).rejects.toMatchObject({ code: 'notFound' });
      await expect(suite.store.objects.delete('Mapping', 'nobody')).rejects.toMatchObject({ code: 'notFound' });
      expect(await suite.store.objects.list('Mapping')).toMatchObject({ items: [] });
    });

    test('a name can be taken once for each kind', async () => {
      await suite.store.objects.create(mappingObject('one'), []);
      await expect(suite.store.objects.create(mappingObject('one'), [])).rejects.toMatchObject({
        code: 'alreadyExists',
      });
      await suite.store.objects.create({ ...mappingObject('one'), kind: 'AccessRule' }, []);
    });

    test('a stale resourceVersion is a conflict, and changes nothing', async () => {
      const created = await suite.store.objects.create(mappingObject('one'), []);
      const updated = await suite.store.objects.update(
        mappingObject('one', 'other'),
        [],
        created.metadata.resourceVersion,
      );
      await expect(
        suite.store.objects.update(mappingObject('one', 'third'), [], created.metadata.resourceVersion),
      ).rejects.toMatchObject({ code: 'conflict' });
      await expect(
        suite.store.objects.delete('Mapping', 'one', created.metadata.resourceVersion),
      ).rejects.toMatchObject({
        code: 'conflict',
      });
      expect(await suite.store.objects.get('Mapping', 'one')).toEqual(updated);
    });

    test('a change that was judged on another state of all objects is not saved, whatever has changed in it', async () => {
      const { objects } = suite.store;
      const other = await suite.open();
      const state = async (): Promise<string> => stateOf((await other.objects.readAll()).objects);
      const changes: (() => Promise<unknown>)[] = [
        () => other.objects.create(mappingObject('new'), []),
        () => other.objects.update(mappingObject('new', 'changed'), []),
        () => other.objects.delete('Mapping', 'new'),
        // As many as before.
        async () => (
          await other.objects.delete('Mapping', 'two'),
          await other.objects.create(mappingObject('two'), [])
        ),
      ];
      await objects.create(mappingObject('one'), [], await state());
      await objects.create(mappingObject('two'), [], await state());
      for (const change of changes) {
        const before = await state();
        await change();
        const refused = { code: 'changedMeanwhile' };
        await expect(objects.create(mappingObject('third'), [], before)).rejects.toMatchObject(refused);
        await expect(objects.update(mappingObject('one', 'second'), [], undefined, before)).rejects.toMatchObject(
          refused,
        );
        await expect(objects.delete('Mapping', 'one', undefined, before)).rejects.toMatchObject(refused);
        expect((await objects.list('Mapping')).items.map(({ metadata }) => metadata.name)).not.toContain('third');
        await objects.update(mappingObject('one', before.replace('/', '-')), [], undefined, await state());
      }
      await objects.delete('Mapping', 'one', undefined, await state());
    });

    test('of changes that were judged on one state side by side one is saved', async () => {
      const { objects } = suite.store;
      const other = await suite.open();
      for (let round = 0; round < 10; round++) {
        await objects.create(mappingObject('one'), []);
        await objects.create(mappingObject('two'), []);
        const state = stateOf((await objects.readAll()).objects);
        const both = await Promise.allSettled([
          objects.delete('Mapping', 'one', undefined, state),
          other.objects.delete('Mapping', 'two', undefined, state),
        ]);
        expect(both.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
        const { items } = await objects.list('Mapping');
        expect(items).toHaveLength(1);
        await objects.delete('Mapping', items[0]?.metadata.name ?? '');
      }
    });

    test('another uid than the stored one is a conflict', async () => {
      const created = await suite.store.objects.create(mappingObject('one'), []);
      await expect(
        suite.store.objects.update({ ...created, metadata: { ...created.metadata, uid: randomUUID() } }, []),
      ).rejects.toMatchObject({ code: 'conflict' });
    });

    test('of twenty concurrent updates of one version exactly one wins', async () => {
      const { metadata } = await suite.store.objects.create(mappingObject('one'), []);
      const other = await suite.open();
      const outcomes = await Promise.allSettled(
        Array.from({ length: 20 }, (_, at) =>
          (at % 2 ? suite.store : other).objects.update(
            mappingObject('one', `value ${at}`),
            [],
            metadata.resourceVersion,
          ),
        ),
      );
      const answers = outcomes.map((outcome) =>
        outcome.status === 'fulfilled' ? 'updated' : (outcome.reason as { code: string }).code,
      );
      expect(answers.toSorted()).toEqual([...Array<string>(19).fill('conflict'), 'updated']);
    });

    test('keep uid and creation time; generation counts changes of spec, resourceVersion every change', async () => {
      const created = await suite.store.objects.create(mappingObject('one'), []);
      expect(created.metadata).toMatchObject({
        name: 'one',
        generation: 1,
        uid: expect.stringMatching(/^[0-9a-f-]{36}$/),
        creationTimestamp: expect.stringMatching(/^\d{4}-.*Z$/),
      });
      const labelled = await suite.store.objects.update(
        { ...mappingObject('one'), metadata: { name: 'one', labels: { team: 'a' } } },
        [],
      );
      expect(labelled.metadata).toMatchObject({
        uid: created.metadata.uid,
        generation: 1,
        labels: { team: 'a' },
        creationTimestamp: created.metadata.creationTimestamp,
      });
      const changed = await suite.store.objects.update(mappingObject('one', 'other'), []);
      expect(changed.metadata).toMatchObject({ uid: created.metadata.uid, generation: 2 });
      const versions = [created, labelled, changed].map((object) => Number(object.metadata.resourceVersion));
      expect(versions).toEqual([...versions].sort((a, b) => a - b));
      expect(new Set(versions).size).toBe(3);
    });

    test('an update that changes nothing bumps nothing', async () => {
      const created = await suite.store.objects.create(mappingObject('one'), []);
      const revision = await suite.store.objects.revision();
      expect(await suite.store.objects.update(mappingObject('one'), [], created.metadata.resourceVersion)).toEqual(
        created,
      );
      expect(await suite.store.objects.revision()).toBe(revision);
    });

    test('are listed by name with the revision of that moment, and read all at once', async () => {
      for (const name of ['b-2', 'a', 'b.1', 'B']) await suite.store.objects.create(mappingObject(name), []);
      const list = await suite.store.objects.list('Mapping');
      expect(list.items.map((object) => object.metadata.name)).toEqual(['B', 'a', 'b-2', 'b.1']);
      expect(list.revision).toBe(await suite.store.objects.revision());
      const all = await suite.store.objects.readAll();
      expect(all.objects).toHaveLength(4);
      expect(all.revision).toBe(list.revision);
    });

    test('a deleted one is gone, and its name is free for another with another uid', async () => {
      const first = await suite.store.objects.create(mappingObject('one'), []);
      const revision = await suite.store.objects.revision();
      await suite.store.objects.delete('Mapping', 'one', first.metadata.resourceVersion);
      expect(await suite.store.objects.get('Mapping', 'one')).toBeUndefined();
      expect(await suite.store.objects.revision()).toBeGreaterThan(revision);
      expect((await suite.store.objects.create(mappingObject('one'), [])).metadata.uid).not.toBe(first.metadata.uid);
    });
  });

  describe('changes', () => {
    test('are told to this store and to another one on the same database, once each, and not after stopping', async () => {
      const other = await suite.open();
      const here: number[] = [];
      const there: number[] = [];
      suite.store.objects.onChange((revision) => here.push(revision));
      const stop = other.objects.onChange((revision) => there.push(revision));
      await suite.store.objects.create(mappingObject('one'), []);
      const revision = await suite.store.objects.revision();
      await expect.poll(() => there).toEqual([revision]);
      await expect.poll(() => here).toEqual([revision]);
      await other.objects.update(mappingObject('one', 'other'), []);
      await expect.poll(() => here).toEqual([revision, revision + 1]);
      stop();
      await suite.store.objects.delete('Mapping', 'one');
      await expect.poll(() => here.length).toBe(3);
      expect(there).toEqual([revision, revision + 1]);
    });

    test('a refused change and an empty one tell nobody', async () => {
      await suite.store.objects.create(mappingObject('one'), []);
      const seen: number[] = [];
      await new Promise((wake) => setTimeout(wake, 250));
      suite.store.objects.onChange((revision) => seen.push(revision));
      await expect(suite.store.objects.create(mappingObject('one'), [])).rejects.toMatchObject({
        code: 'alreadyExists',
      });
      await suite.store.objects.update(mappingObject('one'), []);
      await new Promise((wake) => setTimeout(wake, 400));
      expect(seen).toEqual([]);
    });
  });
});
