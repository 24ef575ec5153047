/**
 * Writes the matrix anew, for its reviewer to read what changed:
 *
 *   node --conditions=source test/matrix/write-verdicts.ts && git diff test/matrix/verdicts.txt
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { judgeMatrix, readMatrixWorld } from './judge-matrix.ts';

writeFileSync(join(import.meta.dirname, 'verdicts.txt'), await judgeMatrix(readMatrixWorld()));
