/**
 * Writes into libs/kube/testdata/request-info.golden.json what the API server says of the requests that stand in it.
 * To add one, add a row `["GET","/api/v1/pods"]`, run this, and review what it says.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { goldenRows, GOLDEN_FILE, printGolden, readPairs } from './golden.ts';
import { openOracle } from './oracle.ts';

const pairs = readPairs(readFileSync(GOLDEN_FILE, 'utf8'));
writeFileSync(GOLDEN_FILE, printGolden(goldenRows(await openOracle().answer(pairs))));
