import type { ChildProcess } from 'node:child_process';
import type { Part } from './build-binaries.ts';
import type { KeyedCertificate } from './issue-certificates.ts';
import type { PartName } from './run-control-plane.ts';
import type { KubectlOptions, KubectlResult } from './run-kubectl.ts';

export interface ClusterOptions {
  /** Told what is being done, one line at a time. */
  log: (line: string) => void;
  /** The cluster's own folder, absent or empty; `stop()` removes it if it was absent. Default: a fresh one, mode 0700. */
  directory?: string;
  /** Namespaces that get the pod and Service `web`, beside `team-a` and `team-b`. */
  namespaces?: readonly string[];
  /**
   * Loopback port behind each name outside of the cluster that the API server may connect to, as a service of type
   * ExternalName leads to; by default none.
   */
  externalNames?: Readonly<Record<string, number>>;
  /** Off only to test how the next start clears up. Default true: the kernel ends all parts with this process. */
  dieWithParent?: boolean;
}

/** One event of the API server's audit log (`audit.k8s.io/v1`), level Metadata. */
export interface AuditEvent {
  auditID: string;
  stage: 'ResponseStarted' | 'ResponseComplete' | 'Panic';
  requestURI: string;
  verb: string;
  user: AuditUser;
  impersonatedUser?: AuditUser;
  sourceIPs?: string[];
  userAgent?: string;
  objectRef?: {
    resource?: string;
    subresource?: string;
    namespace?: string;
    name?: string;
    apiGroup?: string;
    apiVersion?: string;
  };
  responseStatus?: { code?: number; reason?: string; message?: string };
  requestReceivedTimestamp: string;
  stageTimestamp: string;
  annotations?: Record<string, string>;
}

export interface AuditUser {
  username: string;
  uid?: string;
  groups?: string[];
  extra?: Record<string, string[]>;
}

/** A real control plane on loopback. */
export interface Cluster {
  /** `https://127.0.0.1:<port>` */
  readonly serverUrl: string;
  readonly port: number;
  /** The CA of the API server's certificate. */
  readonly caPem: string;
  readonly directory: string;
  /** Path of a kubeconfig of user `cluster-admin` in `system:masters`. */
  readonly adminKubeconfig: string;
  readonly auditLogPath: string;
  readonly kubectlPath: string;
  /** What each binary says of its own version. */
  readonly versions: Readonly<Record<Exclude<Part, 'kubelet'>, string>>;
  /** Pids of the running parts. */
  readonly pids: Readonly<Partial<Record<PartName, number>>>;

  /** Every event so far, oldest first. */
  readAuditLog(): AuditEvent[];
  /** Signs a client certificate (one year) that the API server accepts. */
  issueClientCertificate(subject: { user: string; groups?: readonly string[] }): Promise<KeyedCertificate>;
  /** Writes `<directory>/<name>.kubeconfig` for a credential and returns its path; `server` defaults to the API server. */
  writeKubeconfig(
    name: string,
    credential: KeyedCertificate | { token: string },
    options?: { server?: string; caPem?: string; namespace?: string },
  ): string;
  /** Asks the API server for a token of a ServiceAccount. At least 600 seconds. */
  createServiceAccountToken(namespace: string, name: string, durationSeconds: number): Promise<string>;
  /** Appends one line to the log of pod `<namespace>/<pod>` (default `web`), for `logs -f` and `attach`. */
  appendLog(namespace: string, line: string, pod?: string): void;

  kubectl(args: readonly string[], options?: KubectlOptions): Promise<KubectlResult>;
  /** For commands that run until they are stopped. The caller stops it. */
  spawnKubectl(args: readonly string[], options?: KubectlOptions): ChildProcess;

  /** Ends the API server; default SIGTERM, followed by SIGKILL after 3 s. Open watches see the connection close. */
  stopApiServer(signal?: 'SIGTERM' | 'SIGKILL'): Promise<void>;
  /** Starts it again on the same port with the same data, and waits until it is ready. */
  startApiServer(): Promise<void>;
  restartApiServer(signal?: 'SIGTERM' | 'SIGKILL'): Promise<void>;

  /** Stops every process and removes the folder. May be called twice. */
  stop(): Promise<void>;
}
