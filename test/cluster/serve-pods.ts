// A process of its own, started by start-cluster.ts: the pages of the pods and
// the egress proxy. They must answer while the starter is busy or waits
// synchronously for a child (`execFileSync('kubectl', …)` would hang for ever).
import { readFileSync } from 'node:fs';
import { createApiClient } from './call-api.ts';
import { proxyEgress } from './proxy-egress.ts';
import { resolvePodAddresses } from './resolve-pod-addresses.ts';
import { servePodPage } from './serve-pod-page.ts';

/** Given as JSON in the only argument. */
export interface PodServerSettings {
  /** Path of the unix socket of the egress proxy; it appears when everything listens. */
  socket: string;
  apiPort: number;
  kubeletPort: number;
  caFile: string;
  /** Client certificate that may list pods. */
  certFile: string;
  keyFile: string;
  /** Loopback port of the page of each `namespace/pod`. */
  pages: Record<string, number>;
  /** Loopback port behind each name outside of the cluster. */
  externalNames: Record<string, number>;
}

const settings = JSON.parse(process.argv[2] ?? '') as PodServerSettings;
const read = (path: string) => readFileSync(path, 'utf8');
const client = createApiClient(settings.apiPort, read(settings.caFile), {
  certPem: read(settings.certFile),
  keyPem: read(settings.keyFile),
});
const pages = new Map(Object.entries(settings.pages));
for (const [pod, port] of pages) await servePodPage(pod, port);
const names = new Map(Object.entries(settings.externalNames));
const findPod = resolvePodAddresses(client, settings.kubeletPort, pages);
await proxyEgress(settings.socket, async (host, port) => names.get(host) ?? (await findPod(host, port)));
