import { describe, expect, test, vi } from 'vitest';
import type { Identity } from '#model';
import { compileIssuers, type CompiledIssuers } from './compile-issuers.ts';
import type { IdentityResult } from './identity-from-claims.ts';
import { nameOnce } from './name-once.ts';

const issuers = (): CompiledIssuers => compileIssuers([]);
const named = (): IdentityResult => ({ ok: true, identity: { username: 'demo:bob' } as unknown as Identity });

describe('the identity of a remembered record', () => {
  test('is made anew by changed issuers, for a record that was read anew, and where it was refused', () => {
    const make = vi.fn(named);
    const record = {};
    const first = issuers();
    nameOnce(record, first, make);
    nameOnce(record, issuers(), make);
    nameOnce({ ...record }, first, make);
    expect(make).toHaveBeenCalledTimes(3);
    const refuse = vi.fn((): IdentityResult => ({ ok: false, message: 'no name' }) as IdentityResult);
    const other = {};
    nameOnce(other, first, refuse);
    nameOnce(other, first, refuse);
    expect(refuse).toHaveBeenCalledTimes(2);
  });

  test('is the very same while neither changes', () => {
    const record = {};
    const by = issuers();
    expect(nameOnce(record, by, named)).toBe(nameOnce(record, by, named));
  });
});
