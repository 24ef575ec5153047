import { mkdirSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { buildBinaries, type Binaries, type Log } from '../cluster/build-binaries.ts';
import { choosePorts } from '../cluster/choose-ports.ts';
import { createAuthority, issueClientCertificate, issueServerCertificate } from '../cluster/issue-certificates.ts';
import { clearRecorded, createRecorder, stopLeftovers } from '../cluster/record-cluster.ts';
import { runPart, waitUntil } from '../cluster/run-part.ts';
import { stopAtExit } from '../cluster/stop-at-exit.ts';
import { privateFilesIn } from '../support/private-files.ts';
import { buildPrograms, type Program } from './build-programs.ts';
import { startIssuer, type Issuer } from './issuer.ts';
import type { BenchFiles, StartProgram } from './start-program.ts';
import { startUpstream, type Upstream } from './upstream.ts';

/** What all sections share: programs, certificates, the issuer of the people's tokens, the upstream, and who to stop. */
export interface World {
  readonly directory: string;
  readonly log: Log;
  readonly binaries: Binaries;
  readonly programs: Record<Program, string>;
  readonly files: BenchFiles;
  readonly caPem: string;
  readonly issuer: Issuer;
  readonly upstream: Upstream;
  readonly start: StartProgram;
  /** For what was started by other means; the last one is closed first. */
  onStop(close: () => Promise<void>): void;
  /** Ends what a section has started; the upstream and the issuer stay. */
  stopPeers(): Promise<void>;
  stop(): Promise<void>;
}

/** @param needed programs that are built; a peer whose program is not among them cannot be started. */
export async function startWorld(log: Log, needed?: readonly Program[]): Promise<World> {
  stopLeftovers(log);
  const binaries = await buildBinaries(log);
  const programs = await buildPrograms(log, needed);
  const directory = mkdtempSync(join(tmpdir(), 'gatehouse-bench-'));
  const recorder = createRecorder(`${process.pid}-${basename(directory)}`);
  recorder.record.directories.push(directory);
  recorder.save();
  const unwatch = stopAtExit(recorder);
  const closers: (() => Promise<void>)[] = [];

  const start: StartProgram = async (name, options) => {
    const part = runPart({ name, directory, recorder, dieWithParent: true, ...options });
    closers.push(() => part.stop('SIGTERM', 5));
    await waitUntil(name, 30, [part], options.isReady);
    return part;
  };
  const { files, caPem, serverPair } = await writeCertificates(directory);
  const issuer = await startIssuer(serverPair, caPem);
  closers.push(() => issuer.close());
  const upstream = await startUpstream({ start, executable: programs.upstream, files, ports: await choosePorts(2) });
  const stopDownTo = async (count: number): Promise<void> => {
    for (const close of closers.splice(count).reverse()) await close();
  };
  const shared = closers.length;
  return {
    directory,
    log,
    binaries,
    programs,
    files,
    caPem,
    issuer,
    upstream,
    start,
    onStop: (close) => void closers.push(close),
    stopPeers: () => stopDownTo(shared),
    async stop() {
      await stopDownTo(0);
      clearRecorded(recorder.record);
      recorder.forget();
      unwatch();
    },
  };
}

/** One kind of key for all: ECDSA P-256. */
async function writeCertificates(directory: string) {
  const ca = await createAuthority('gatehouse bench CA');
  const server = await issueServerCertificate(ca, ['localhost'], ['127.0.0.1']);
  const client = await issueClientCertificate(ca, 'gatehouse', []);
  mkdirSync(directory, { recursive: true });
  const write = privateFilesIn(directory);
  const files = {
    ca: write('ca.crt', ca.certPem),
    certificate: write('server.crt', server.certPem),
    key: write('server.key', server.keyPem),
    clientCertificate: write('client.crt', client.certPem),
    clientKey: write('client.key', client.keyPem),
  };
  return { files, caPem: ca.certPem, serverPair: server };
}
