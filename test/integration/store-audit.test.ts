import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { AuditRecord } from '#model';
import { describeStore } from '../support/describe-store.ts';
import { auditRecord } from '../support/store-samples.ts';

describeStore('the store of audit records', (suite) => {
  describe('audit records', () => {
    test("a page token of somebody else's making is refused", async () => {
      for (const nonsense of [
        'x',
        Buffer.from('[1]').toString('base64url'),
        Buffer.from('["a","b"]').toString('base64url'),
        "' OR 1=1",
      ]) {
        await expect(suite.store.audit.list({ limit: 1, continue: nonsense })).rejects.toMatchObject({
          code: 'invalid',
        });
      }
    });

    test('come back as they were', async () => {
      const full = auditRecord({
        groups: ['a', 'b,c', 'Ünïcode ✓'],
        annotations: { code: 'denied', line: 'a\nb' },
        bytesOut: 5_000_000_000,
        durationMs: 1.234,
      });
      const running = auditRecord({ stage: 'ResponseStarted', completedAtMs: undefined, durationMs: undefined });
      await suite.store.audit.append([full, running]);
      expect(await suite.store.audit.get(full.auditId)).toEqual(full);
      expect(await suite.store.audit.get(running.auditId)).toEqual(running);
      expect(await suite.store.audit.get('0')).toBeUndefined();
    });

    test.each(['RequestReceived', 'ResponseStarted'] as const)(
      'a completed record takes the place of its start (%s), never the other way round, in one batch or two',
      async (stage) => {
        const pair = (): [AuditRecord, AuditRecord] => {
          const complete = auditRecord();
          return [{ ...complete, stage, completedAtMs: undefined, durationMs: undefined, statusCode: 0 }, complete];
        };
        const [oneStart, one] = pair();
        const [twoStart, two] = pair();
        const [threeStart, three] = pair();
        await suite.store.audit.append([oneStart, one]);
        await suite.store.audit.append([twoStart]);
        await suite.store.audit.append([two]);
        await suite.store.audit.append([two]);
        await suite.store.audit.append([three, threeStart]);
        await suite.store.audit.append([threeStart]);
        for (const record of [one, two, three]) expect(await suite.store.audit.get(record.auditId)).toEqual(record);
        const kept = new Set((await suite.store.audit.list({ limit: 100 })).items.map(({ auditId }) => auditId));
        expect([one, two, three].filter(({ auditId }) => kept.has(auditId))).toHaveLength(3);
      },
    );

    test('a probe writes one row again and again', async () => {
      for (const atMs of [1, 2, 3]) await suite.store.audit.probe(atMs);
      expect(await suite.database.sql('SELECT written_at_ms FROM audit_probe')).toEqual([
        { written_at_ms: suite.store.engine === 'postgres' ? '3' : 3 },
      ]);
    });

    test('what a column cannot hold is replaced, since it would stop all that wait behind it', async () => {
      const odd = auditRecord({
        username: `nul\0 lone\uD800 ${'long '.repeat(2_000)}`,
        userAgent: 'a\0b',
        revision: 1.5,
        durationMs: Number.NaN,
        bytesIn: Number.POSITIVE_INFINITY,
      });
      const random = auditRecord({ username: randomBytes(8_000).toString('latin1') });
      await suite.store.audit.append([odd, random, auditRecord({ bytesIn: 3 })]);
      const saved = await suite.store.audit.get(odd.auditId);
      expect(saved).toMatchObject({ userAgent: 'a\uFFFDb', durationMs: undefined, revision: 1 });
      expect(saved?.username).toMatch(/^nul\uFFFD lone\uFFFD long /);
      expect((await suite.store.audit.list({ user: odd.username, limit: 5 })).items).toMatchObject([
        { auditId: odd.auditId },
      ]);
    });

    test('a thousand in one call, in any number, are all there', async () => {
      for (const size of [1, 7, 8, 9, 63, 64, 65, 1000]) {
        const records = Array.from({ length: size }, () => auditRecord({ username: `size ${size}` }));
        await suite.store.audit.append(records);
        expect(
          (await suite.store.audit.list({ user: `size ${size}`, limit: 2_000 })).items
            .map((record) => record.auditId)
            .sort(),
        ).toEqual(records.map((record) => record.auditId).sort());
      }
    });

    test('are listed newest first and filtered by every field and time', async () => {
      const base = 1_700_000_000_000;
      const alice = auditRecord({
        receivedAtMs: base,
        username: 'demo:alice',
        verb: 'create',
        resource: 'pods',
        namespace: 'team-a',
      });
      const bob = auditRecord({
        receivedAtMs: base + 1_000,
        username: 'demo:bob',
        issuer: 'other',
        verb: 'list',
        resource: 'secrets',
        namespace: 'team-b',
        decision: 'deny',
        cluster: 'prod',
      });
      const carol = auditRecord({
        receivedAtMs: base + 2_000,
        username: 'demo:carol',
        verb: 'get',
        resource: 'nodes',
        namespace: '',
      });
      await suite.store.audit.append([bob, carol, alice]);
      const found = async (filter: object) =>
        (await suite.store.audit.list({ limit: 10, ...filter })).items.map((record) => record.username.slice(5));
      expect(await found({})).toEqual(['carol', 'bob', 'alice']);
      expect(await found({ user: 'demo:alice' })).toEqual(['alice']);
      expect(await found({ user: 'DEMO:ALICE' })).toEqual([]);
      expect(await found({ issuer: 'other' })).toEqual(['bob']);
      expect(await found({ verb: 'get' })).toEqual(['carol']);
      expect(await found({ namespace: 'team-b' })).toEqual(['bob']);
      expect(await found({ resource: 'pods' })).toEqual(['alice']);
      expect(await found({ cluster: 'prod' })).toEqual(['bob']);
      expect(await found({ decision: 'deny' })).toEqual(['bob']);
      expect(await found({ since: base + 1_000 })).toEqual(['carol', 'bob']);
      expect(await found({ until: base + 1_000 })).toEqual(['alice']);
      expect(await found({ since: base + 1, until: base + 2_000, decision: 'deny' })).toEqual(['bob']);
      expect(await found({ user: "x' OR '1'='1" })).toEqual([]);
      expect(await found({ user: 'nul\0' })).toEqual([]);
    });

    test('pages follow each other without gaps or repeats, also within one millisecond and while more arrive', async () => {
      const records = Array.from({ length: 25 }, (_, at) =>
        auditRecord({ receivedAtMs: 1_700_000_000_000 + Math.floor(at / 10) }),
      );
      await suite.store.audit.append(records);
      const seen: string[] = [];
      let next: string | undefined;
      do {
        const page = await suite.store.audit.list({ limit: 4, ...(next ? { continue: next } : {}) });
        seen.push(...page.items.map((record) => record.auditId));
        next = page.continue;
        await suite.store.audit.append([auditRecord({ receivedAtMs: 1_800_000_000_000 })]);
      } while (next);
      expect(seen).toHaveLength(25);
      expect(new Set(seen)).toEqual(new Set(records.map((record) => record.auditId)));
    });

    test('exactly one full page promises no next one', async () => {
      await suite.store.audit.append([auditRecord(), auditRecord()]);
      expect((await suite.store.audit.list({ limit: 2 })).continue).toBeUndefined();
    });

    test('are counted by the rules that decided them, or were reported for them, since a time', async () => {
      expect(await suite.store.audit.useOfRules(0)).toEqual({ rules: [], oldestAtMs: undefined });
      const at = (receivedAtMs: number, rule: string, reported?: string): AuditRecord =>
        auditRecord({ receivedAtMs, rule, annotations: reported === undefined ? {} : { code: 'x', reported } });
      await suite.store.audit.append([
        at(1_000, 'old'),
        at(2_000, 'a'),
        at(3_000, 'a', 'b=would-deny'),
        at(4_000, '', 'b=would-deny,c=would-allow'),
        at(5_000, '', 'b=would-deny,c=would-allow'),
      ]);
      expect(await suite.store.audit.useOfRules(1_500)).toEqual({
        oldestAtMs: 1_000,
        rules: [
          { rule: 'a', decided: 2, reported: 0, lastAtMs: 3_000 },
          { rule: 'b', decided: 0, reported: 3, lastAtMs: 5_000 },
          { rule: 'c', decided: 0, reported: 2, lastAtMs: 5_000 },
        ],
      });
    });
  });
});
