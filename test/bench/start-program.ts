import type { RunningPart } from '../cluster/run-part.ts';

export interface StartOptions {
  readonly executable: string;
  readonly arguments: readonly string[];
  readonly environment?: Record<string, string>;
  /** Asked until it answers true. */
  readonly isReady: () => Promise<boolean>;
}

/** Starts a program that dies with this one, and waits until it is ready. */
export type StartProgram = (name: string, options: StartOptions) => Promise<RunningPart>;

/** Paths of PEM files: the CA, one server certificate for localhost and 127.0.0.1, and a client certificate. */
export interface BenchFiles {
  readonly ca: string;
  readonly certificate: string;
  readonly key: string;
  readonly clientCertificate: string;
  readonly clientKey: string;
}
