// The parts of the control plane come from the Go module proxy. Published
// binaries (KUBEBUILDER_ASSETS) are preferred where somebody has them.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildGoPrograms, type Log } from './build-go-programs.ts';
import { sourceDirectory as directory } from './locate-sources.ts';

export { cacheDirectory, type Log } from './build-go-programs.ts';

export type Part = 'etcd' | 'kube-apiserver' | 'kube-controller-manager' | 'kubectl' | 'kwok' | 'kubelet';

/** Path of each part's executable. */
export type Binaries = Record<Part, string>;

const packages: Record<Part, string> = {
  etcd: './etcd',
  kubelet: './kubelet',
  kubectl: 'k8s.io/kubernetes/cmd/kubectl',
  'kube-apiserver': 'k8s.io/kubernetes/cmd/kube-apiserver',
  'kube-controller-manager': 'k8s.io/kubernetes/cmd/kube-controller-manager',
  kwok: 'sigs.k8s.io/kwok/cmd/kwok',
};

/** Finds or builds every part. Throws an Error that says what to install where it cannot. */
export async function buildBinaries(log: Log): Promise<Binaries> {
  const advice = 'Published etcd, kube-apiserver and kubectl are used where KUBEBUILDER_ASSETS names their folder.';
  return await buildGoPrograms({ directory, packages, linkerFlags: linkerFlags(), found: findAssets(), advice }, log);
}

function findAssets(): Partial<Binaries> {
  const assets = process.env['KUBEBUILDER_ASSETS'];
  const found: Partial<Binaries> = {};
  if (!assets) return found;
  for (const part of Object.keys(packages) as Part[]) {
    // "kubelet" is our own program of that role, never the real one.
    const path = join(assets, part);
    if (part !== 'kubelet' && existsSync(path)) found[part] = path;
  }
  return found;
}

/** Module builds carry no version, and kubectl refuses to talk to a server whose version it cannot parse. */
function linkerFlags(): string {
  const goMod = readFileSync(join(directory, 'go.mod'), 'utf8');
  const version = /k8s\.io\/kubernetes (v(\d+)\.(\d+)\S*)/.exec(goMod);
  if (version === null) throw new Error('go.mod does not require k8s.io/kubernetes');
  const [, full, major, minor] = version;
  const values = {
    gitVersion: full,
    gitMajor: major,
    gitMinor: minor,
    gitCommit: 'unknown',
    gitTreeState: 'clean',
    buildDate: '1970-01-01T00:00:00Z',
  };
  const flags = ['k8s.io/component-base/version', 'k8s.io/client-go/pkg/version'].flatMap((name) =>
    Object.entries(values).map(([key, value]) => `-X ${name}.${key}=${value}`),
  );
  return ['-s', '-w', ...flags].join(' ');
}
