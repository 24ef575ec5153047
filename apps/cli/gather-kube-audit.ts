import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { GatheredRequests, readKubeAuditLine, type SubjectNames } from '#advice';
import { CliFailure } from './failure.ts';

export interface GatheredKubeAudit {
  readonly gathered: GatheredRequests;
  readonly lines: number;
  readonly unreadable: number;
}

/** Reads a file of the API server's audit log (one event a line), of whatever size. @throws CliFailure. */
export async function gatherKubeAudit(
  file: string,
  cluster: string,
  names: SubjectNames,
  wanted: { readonly sinceMs: number; readonly user: string | undefined },
): Promise<GatheredKubeAudit> {
  const gathered = new GatheredRequests();
  let lines = 0;
  let unreadable = 0;
  try {
    for await (const line of createInterface({ input: createReadStream(file), crlfDelay: Number.POSITIVE_INFINITY })) {
      if (line === '') continue;
      lines++;
      const read = readKubeAuditLine(line, cluster, names);
      if (!read.ok) unreadable += read.why === 'unreadable' ? 1 : 0;
      else if (
        read.request.lastAtMs >= wanted.sinceMs &&
        (wanted.user ?? read.request.person.username) === read.request.person.username
      )
        gathered.put(read.request);
    }
  } catch (error) {
    throw new CliFailure(`${file} cannot be read (${(error as NodeJS.ErrnoException).code ?? 'error'})`);
  }
  return { gathered, lines, unreadable };
}
