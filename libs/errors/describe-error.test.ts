import { describe, expect, test } from 'vitest';
import { describeError } from './describe-error.ts';

describe('an error in the log', () => {
  test('shows nothing of an answer that a library keeps in its causes', () => {
    const cause = { claims: { sub: 'alice', at_hash: 'secret' }, claim: 'nonce', body: { id_token: 'ey' } };
    expect(describeError(new Error('unexpected claim', { cause }))).toBe('unexpected claim: claim "nonce"');
    expect(describeError(new Error('no', { cause: { refresh_token: 'r' } }))).toBe('no');
  });

  test('is bounded, also where it is its own cause', () => {
    const error = new Error('x'.repeat(500));
    error.cause = new Error('y'.repeat(500), { cause: error });
    expect(describeError(error)).toHaveLength(600);
  });

  test('is told down to its innermost cause, each thing once', () => {
    const refused = Object.assign(new AggregateError([], ''), { code: 'ECONNREFUSED' });
    const failed = new TypeError('fetch failed', { cause: refused });
    expect(describeError(new Error('not reached', { cause: failed }))).toBe(
      'not reached: fetch failed: (ECONNREFUSED)',
    );
    const inner = Object.assign(new Error('bad'), { code: 'E' });
    expect(describeError(Object.assign(new Error('bad', { cause: inner }), { code: 'E' }))).toBe('bad (E)');
    expect(describeError('text')).toBe('text');
  });

  test('says what an OAuth server answered', () => {
    const answered = Object.assign(new Error('error in the body'), {
      code: 'OAUTH_RESPONSE_BODY_ERROR',
      error: 'invalid_client',
      error_description: 'Invalid client credentials.',
    });
    expect(describeError(answered)).toBe('error in the body (invalid_client: Invalid client credentials.)');
  });
});
