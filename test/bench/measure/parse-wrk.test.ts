import { describe, expect, it } from 'vitest';
import { parseWrk } from './parse-wrk.ts';

const GOOD = `Running 4s test @ https://127.0.0.1:1
  1 threads and 32 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency     2.03ms    1.09ms  31.12ms   92.12%
    Req/Sec    16.90k     1.20k   18.11k    80.00%
  Latency Distribution
     50%  850.00us
     75%    2.11ms
     90%    2.90ms
     99%    1.20s 
  67624 requests in 4.00s, 100.00MB read
Requests/sec:  16906.12
Transfer/sec:     25.00MB
`;

describe('what wrk prints', () => {
  it('is an error when wrk could not connect and printed no numbers', () => {
    expect(() => parseWrk('unable to connect to 127.0.0.1:1 Connection refused\n')).toThrow(/printed no/);
  });

  it('gives failures of both kinds', () => {
    const text = GOOD.replace(
      'Requests/sec',
      '  Socket errors: connect 1, read 2, write 3, timeout 4\n  Non-2xx or 3xx responses: 17\nRequests/sec',
    );
    expect(parseWrk(text)).toMatchObject({ badAnswers: 17, socketErrors: 10 });
  });

  it('gives times in milliseconds and sizes in bytes whatever unit they are printed in', () => {
    expect(parseWrk(GOOD)).toEqual({
      requests: 67624,
      seconds: 4,
      requestsPerSecond: 16906.12,
      p50Ms: 0.85,
      p99Ms: 1200,
      megabytesPerSecond: (100 * 1024 ** 2) / 4 / 1e6,
      badAnswers: 0,
      socketErrors: 0,
    });
  });
});
