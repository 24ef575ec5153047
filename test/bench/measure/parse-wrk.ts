export interface WrkResult {
  readonly requests: number;
  readonly seconds: number;
  readonly requestsPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly megabytesPerSecond: number;
  /** Answers other than 2xx and 3xx. */
  readonly badAnswers: number;
  /** Connections refused, reset or timed out. */
  readonly socketErrors: number;
}

const MS: Readonly<Record<string, number>> = { us: 0.001, ms: 1, s: 1000, m: 60_000 };
const BYTES: Readonly<Record<string, number>> = { B: 1, KB: 1024, MB: 1024 ** 2, GB: 1024 ** 3 };

/** Reads what `wrk --latency` prints. @throws Error where a line is missing, which means that wrk failed. */
export function parseWrk(text: string): WrkResult {
  const match = (what: string, pattern: RegExp): RegExpExecArray => {
    const found = pattern.exec(text);
    if (!found) throw new Error(`wrk printed no ${what}:\n${text}`);
    return found;
  };
  const percentile = (name: string): number => {
    const [, value, unit] = match(`${name} latency`, new RegExp(`^\\s+${name}\\s+([\\d.]+)(us|ms|s|m) *$`, 'm'));
    return Number(value) * (MS[unit as string] as number);
  };
  const [, requests, seconds, unit] = match('total', /^\s+(\d+) requests in ([\d.]+)(us|ms|s|m),/m);
  const took = (Number(seconds) * (MS[unit as string] as number)) / 1000;
  const [, transferred, size] = match('transfer', /, ([\d.]+)(B|KB|MB|GB) read$/m);
  const errors = /Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)/.exec(text);
  return {
    requests: Number(requests),
    seconds: took,
    requestsPerSecond: Number(match('rate', /^Requests\/sec:\s+([\d.]+)$/m)[1]),
    p50Ms: percentile('50%'),
    p99Ms: percentile('99%'),
    megabytesPerSecond: (Number(transferred) * (BYTES[size as string] as number)) / took / 1e6,
    badAnswers: Number(/Non-2xx or 3xx responses: (\d+)/.exec(text)?.[1] ?? 0),
    socketErrors: errors ? errors.slice(1).reduce((sum, count) => sum + Number(count), 0) : 0,
  };
}
