import type { AuditRecord, RequestInfo } from '#model';
import type { SupposedPerson } from '../suppose-identity.ts';
import { readRecorded, type NotReplayed } from './read-recorded.ts';

/** Requests that no rule can tell apart, counted together. */
export interface GatheredRequest {
  readonly person: SupposedPerson;
  readonly cluster: string;
  readonly request: RequestInfo;
  readonly upgrade: boolean;
  readonly sourceAddress: string;
  /** How many there were. */
  count: number;
  /** How many of them the gateway allowed, and how many of those the cluster did not refuse in turn (401, 403). */
  allowed: number;
  used: number;
  /** Unix milliseconds. */
  lastAtMs: number;
  /** Of the newest one. */
  auditId: string;
}

/** Takes records one by one, in any order, and keeps one entry for each question that they put to the rules. */
export class GatheredRequests {
  readonly #requests = new Map<string, GatheredRequest>();
  /** Records seen. */
  records = 0;
  readonly notReplayed: Record<NotReplayed, number> = { refusedBefore: 0, noRequest: 0, readsOtherwise: 0 };

  get requests(): readonly GatheredRequest[] {
    return [...this.#requests.values()];
  }

  add(record: AuditRecord): void {
    this.records++;
    const read = readRecorded(record);
    if (!read.ok) {
      this.notReplayed[read.why]++;
      return;
    }
    const allowed = record.decision === 'deny' ? 0 : 1;
    this.#put({
      person: {
        issuer: record.issuer,
        username: record.username,
        groups: record.groups,
        subject: record.subject,
      },
      cluster: record.cluster,
      request: read.request,
      upgrade: read.upgrade,
      sourceAddress: record.sourceAddress,
      count: 1,
      allowed,
      used: record.statusCode === 401 || record.statusCode === 403 ? 0 : allowed,
      lastAtMs: record.receivedAtMs,
      auditId: record.auditId,
    });
  }

  /** As `add`, for a request that another log told of. */
  put(request: GatheredRequest): void {
    this.records++;
    this.#put(request);
  }

  #put(added: GatheredRequest): void {
    const { person, cluster, request, upgrade, sourceAddress } = added;
    const { method, verb, name, rawPath } = request;
    const { issuer, username, groups } = person;
    const key = JSON.stringify([
      cluster,
      issuer,
      username,
      groups,
      method,
      verb,
      name,
      rawPath,
      upgrade,
      sourceAddress,
    ]);
    const before = this.#requests.get(key);
    if (before === undefined) {
      this.#requests.set(key, added);
      return;
    }
    before.count += added.count;
    before.allowed += added.allowed;
    before.used += added.used;
    if (added.lastAtMs > before.lastAtMs) {
      before.lastAtMs = added.lastAtMs;
      before.auditId = added.auditId;
    }
  }
}
