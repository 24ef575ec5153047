/** docs/performance/results.json. A ratio is the gateway's value divided by the other's. */
export interface Results {
  /** Cores and processor, and what ran on them. */
  machine?: string;
  /** ISO 8601, UTC. */
  date?: string;
  shortRequests?: readonly ShortRequestsRow[];
  ratios?: {
    /** Processor time a short request; below 1 is better. */
    cpu?: Record<string, number>;
    /** Bytes a second of 1 MiB lists; above 1 is better. */
    list1MiB?: Record<string, number>;
    /** Bytes a second through `kubectl exec` and `kubectl port-forward`; above 1 is better. */
    exec?: Record<string, number>;
    /** Time of `kubectl api-resources` with an empty cache, against the API server itself; below 1 is better. */
    discovery?: number;
  };
  /** Processor time of the proxy, in milliseconds a MiB of payload, by stream (as in `ratios.exec`) and proxy. */
  streamCpuMsPerMib?: Record<string, Record<string, number>>;
  watch?: {
    /** Growth of resident memory an idle watch, each on a TLS connection of its own, at `count` watches. */
    kibPerWatch?: number;
    kibPerWatch2000?: number;
    /** The same where many watches share a few HTTP/2 connections; null where the gateway offers its clients none. */
    kibPerWatchH2?: number | null;
    count?: number;
    /** Until the last of `count` watches had one event. */
    lastEventMs?: number;
    lost?: number;
    p99AddedMs?: number;
  };
  growth?: {
    /** CPU of a short request, divided by that of a gateway with few objects of that kind. */
    cpu?: Record<string, number>;
    policy?: readonly PolicyRow[];
    /** Decisions a second with the most rules, divided by those with the fewest. */
    decisions?: number;
  };
  workers?: Record<string, WorkersRow>;
  /** CPU microseconds of one audit record, by store. */
  audit?: Record<string, AuditCost>;
  /** Share of the serving thread's time under short requests, 0 to 1, by room, package and module of Node. */
  profile?: Record<string, number>;
  /** Sections that do not count, and why. Their values are there, and the page says so above them. */
  void?: readonly string[];
}

export interface WorkersRow {
  readonly cpuMicrosPerRequest: number;
  readonly requestsPerSecond: number;
  readonly rssMiB: number;
}

export interface AuditCost {
  /** The thread that calls, which is the one that serves requests. */
  readonly caller: number;
  /** Every other thread of the process: SQLite's, and what collects garbage. */
  readonly others: number;
}

export interface PolicyRow {
  readonly rules: number;
  readonly mappings: number;
  readonly decisionsPerSecond: number;
  readonly bytesPerRule: number;
}

export interface ShortRequestsRow {
  readonly name: string;
  readonly cpuMicrosPerRequest: number;
  readonly requestsPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly rssMiB: number;
}

/** Objects are merged at every depth; anything else of `more` replaces what was there. */
export function mergeResults(base: Results, more: Results): Results {
  return merge(base as Plain, more as Plain) as Results;
}

type Plain = Record<string, unknown>;
const isPlain = (value: unknown): value is Plain =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function merge(base: Plain, more: Plain): Plain {
  const out = { ...base };
  for (const [key, value] of Object.entries(more)) {
    const before = out[key];
    out[key] = isPlain(before) && isPlain(value) ? merge(before, value) : value;
  }
  return out;
}
