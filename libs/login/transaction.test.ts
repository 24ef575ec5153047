import { describe, expect, test } from 'vitest';
import type { TransactionSealer } from './ports.ts';
import { openTransaction, type Transaction } from './transaction.ts';

const NOW = 1_800_000_000_000;
const transaction: Transaction = {
  issuer: 'demo',
  state: 's',
  nonce: 'n',
  codeVerifier: 'v',
  returnTo: '/-/',
  startedAtMs: NOW,
  formerSessions: [],
};
/** Opens everything: the real one, with AES-256-GCM, is in test/integration/login.test.ts. */
const plain: TransactionSealer = { seal: (clear) => clear, open: (sealed) => sealed };
const at = (ageMs: number): Transaction | undefined => openTransaction(JSON.stringify(transaction), plain, NOW + ageMs);

describe('a login transaction', () => {
  test.each([600_000, 3_600_000, -1, -60_000])('does not open %i ms after it began', (ageMs) => {
    expect(at(ageMs)).toBeUndefined();
  });

  test.each(['', 'null', '{', '{}', '[]', '7', '{"startedAtMs":"now"}'])('does not open where it reads %j', (text) => {
    expect(openTransaction(text, plain, NOW)).toBeUndefined();
  });

  test('does not open where it cannot be unsealed', () => {
    const closed = {
      ...plain,
      open: () => {
        throw new Error('changed');
      },
    };
    expect(openTransaction('x', closed, NOW)).toBeUndefined();
  });

  test.each([0, 1, 599_999])('opens %i ms after it began', (ageMs) => {
    expect(at(ageMs)).toEqual(transaction);
  });
});
