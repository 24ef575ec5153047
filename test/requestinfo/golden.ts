import { join } from 'node:path';
import { rootOf } from '../demo/run-cli.ts';
import type { Case, Pair } from './oracle.ts';

/** The compact grid that is kept and reviewed, and that the unit tests hold libs/kube to without Go. */
export const GOLDEN_FILE = join(rootOf(), 'libs/kube/testdata/request-info.golden.json');

/** `[method, target, outside]`, and behind an empty `outside` the tuple, as texts of RequestInfo. */
export type GoldenRow = readonly (string | boolean)[];

export const readPairs = (json: string): Pair[] =>
  (JSON.parse(json) as [string, string][]).map(([method, target]) => [method, target]);

export const goldenRows = (cases: readonly Case[]): GoldenRow[] =>
  cases.map(({ method, target, outside, tuple }) =>
    outside === '' && tuple
      ? [method, target, outside, ...tuple.map((value) => (typeof value === 'string' ? textOf(value) : value))]
      : [method, target, outside],
  );

/** One row a line. */
export const printGolden = (rows: readonly GoldenRow[]): string =>
  `[\n${rows.map((row) => JSON.stringify(row)).join(',\n')}\n]\n`;

/** Bytes, one character each, as the text that RequestInfo has for them: UTF-8, and U+DC80 to U+DCFF for other bytes. */
export function textOf(bytes: string): string {
  let text = '';
  for (let at = 0; at < bytes.length;) {
    const width = [1, 2, 3, 4].find((n) => isCharacter(bytes.slice(at, at + n)));
    text += width
      ? Buffer.from(bytes.slice(at, at + width), 'latin1').toString('utf8')
      : String.fromCharCode(0xdc00 | bytes.charCodeAt(at));
    at += width ?? 1;
  }
  return text;
}

/** Whether these bytes are one character: what is not UTF-8 does not come back from Node as it was. */
function isCharacter(bytes: string): boolean {
  const buffer = Buffer.from(bytes, 'latin1');
  const text = buffer.toString('utf8');
  return [...text].length === 1 && Buffer.from(text, 'utf8').equals(buffer);
}
