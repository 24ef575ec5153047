import { InvalidArgumentError } from 'commander';
import type { Prefix } from '#advice';
import { readMoment } from './read-moment.ts';

/** Parsers of options that several commands have. */
export const moment =
  (nowMs: () => number) =>
  (text: string): number => {
    const ms = readMoment(text, nowMs());
    if (ms === undefined)
      throw new InvalidArgumentError('Give a duration like 30m, 12h or 7d (ago), or a time like 2026-01-31T12:00:00Z.');
    return ms;
  };

export const count = (text: string): number => {
  if (!/^[1-9]\d{0,7}$/.test(text)) throw new InvalidArgumentError('Give a whole number from 1 on.');
  return Number(text);
};

/** For options that may be given more than once. */
export const more = (value: string, before: readonly string[] = []): string[] => [...before, value];

/** `old=new`, each of which may be empty. */
export function prefix(value: string): Prefix {
  const at = value.indexOf('=');
  if (at < 0) throw new InvalidArgumentError('Give old=new, like oidc:=demo: (each may be empty).');
  return { from: value.slice(0, at), to: value.slice(at + 1) };
}
