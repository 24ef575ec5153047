/** Which of the gateway's functions throw, which do not and why, and what a run must have reached to count. */
import { rootOf } from '../demo/run-cli.ts';
import { instrument, type Instrumented } from './instrument.ts';
import type { ExcludedFunction } from './run-faults.ts';

/** All that is called by sockets, parsers, timers and promises while a request is under way. */
const FOLDERS = ['dist/libs/http'];

export const instrumentGateway = (): Instrumented => instrument(rootOf(), FOLDERS);

/**
 * The last handlers of boundaries, which nothing is left to catch, and what cannot throw by itself and only passes on.
 * Each must be so small that this is read at a glance.
 */
export const EXCLUDED: readonly ExcludedFunction[] = [
  { file: /./, name: /(^|[.> #])broke($| >)/, why: 'the last handler itself; its acts are each within `attempt`' },
  { file: /boundary[.]ts$/, name: /^(ignoreError|attempt)$/, why: 'empty; the last steps of a boundary' },
  { file: /at-end-of-turn[.]ts$/, name: /actForAll$/, why: 'a loop, whose every act is within a boundary' },
  { file: /listener[.]ts$/, name: /servePlainFirst > on\(\) > on\(close\)$/, why: 'one `Map.delete`' },
  { file: /connections[.]ts$/, name: /connector\(\)$/, why: 'passes its arguments on to a callback within a boundary' },
  { file: /connections[.]ts$/, name: /^nameReset$/, why: 'assigns to an error of Node' },
  { file: /response-on-socket[.]ts$/, name: /on\(drain\)$/, why: 'emits one event, whose listeners have boundaries' },
  {
    file: /http1-sending[.]ts$/,
    name: /^Sending[.]fail$/,
    why: 'the last step of `Http1Connection.broke`; calls a boundary',
  },
  {
    file: /http2-pool[.]ts$/,
    name: /settleAll|rejectWaiters|tryToAdmit/,
    why: 'settles promises, the last step of a boundary',
  },
  {
    file: /http2-connection[.]ts$/,
    name: /giveBack|open > once\(close\)/,
    scenario: /shared|stream reset$|client leaves a watch over HTTP\/2/,
    why: 'counts the streams of a shared connection; the connection is its owner, and all its streams end with it',
  },
];
