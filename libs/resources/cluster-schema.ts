import { z } from 'zod';
import { checkCertificateData, checkClientPair } from './check-pem.ts';
import { checked, evenWithFaults, isSubdomain } from './fields.ts';
import { checkHttpsUrl } from './https-url.ts';

/** RFC 6750 b64token: the only form that can stand in a header as it is. */
const B64_TOKEN = /^[A-Za-z0-9\-._~+/]+=*$/;
const FORMS = ['inCluster', 'token', 'clientCertificateData', 'kubeconfig', 'kubeconfigFile', 'type'] as const;

const credentialSchema = z
  .strictObject({
    inCluster: z.strictObject({}).optional(),
    token: checked((value) =>
      B64_TOKEN.test(value) && value.length <= 32 * 1024
        ? undefined
        : 'must be a bearer token (letters, digits and -._~+/=), without line breaks',
    ).optional(),
    clientCertificateData: z.string().min(1).optional(),
    clientKeyData: z.string().min(1).optional(),
    /** A whole kubeconfig; replaced by what it holds before this schema sees it. */
    kubeconfig: z.string().min(1).optional(),
    kubeconfigFile: checked(
      () => 'is read by `gatehouse apply -f` and from the manifests folder only; here give the text as `kubeconfig`',
    ).optional(),
    context: z.string().min(1).optional(),
    /** As the server shows it: the stored secret stays. */
    type: z.enum(['inCluster', 'token', 'clientCertificate']).optional(),
  })
  .superRefine((credential, context) => {
    const given = FORMS.filter((form) => credential[form] !== undefined);
    const add = (message: string, path: string[] = []): void => context.addIssue({ code: 'custom', path, message });
    if (given.length !== 1 && !(given.length === 0 && credential.clientKeyData !== undefined)) {
      add(
        'must be exactly one of inCluster: {}, token, clientCertificateData with clientKeyData, kubeconfig, kubeconfigFile',
      );
    }
    if (
      credential.context !== undefined &&
      credential.kubeconfig === undefined &&
      credential.kubeconfigFile === undefined
    )
      add('goes with kubeconfig or kubeconfigFile only', ['context']);
    checkPair(credential, add);
  }, evenWithFaults);

function checkPair(
  {
    clientCertificateData,
    clientKeyData,
  }: { clientCertificateData?: string | undefined; clientKeyData?: string | undefined },
  add: (message: string, path: string[]) => void,
): void {
  if (clientCertificateData === undefined && clientKeyData === undefined) return;
  if (clientKeyData === undefined) return add('is required beside clientCertificateData', ['clientKeyData']);
  if (clientCertificateData === undefined) return add('is required beside clientKeyData', ['clientCertificateData']);
  if (typeof clientCertificateData !== 'string' || typeof clientKeyData !== 'string') return;
  const { certificate, key } = checkClientPair(clientCertificateData, clientKeyData);
  if (certificate !== undefined) add(certificate, ['clientCertificateData']);
  if (key !== undefined) add(key, ['clientKeyData']);
}

/** An upstream API server, and the gateway's own credential there. */
export const clusterSpecSchema = z
  .strictObject({
    /** Absent only with `inCluster`: the pod's own API server. */
    server: checked(checkHttpsUrl).optional(),
    certificateAuthorityData: checked(checkCertificateData).optional(),
    /** The name in the certificate, where it is not the host of `server`. */
    tlsServerName: checked((value) => (isSubdomain(value) ? undefined : 'must be a host name')).optional(),
    /** Serves the paths without `/clusters/<name>`. */
    default: z.boolean().optional(),
    /** Registered, and not served: requests are refused and open streams end. */
    disabled: z.boolean().optional(),
    /** Absent: only mappings with storedToken can use this cluster. */
    credential: credentialSchema.optional(),
  })
  .superRefine((spec, context) => {
    const inCluster = spec.credential?.inCluster !== undefined || spec.credential?.type === 'inCluster';
    const fromKubeconfig = spec.credential?.kubeconfig !== undefined || spec.credential?.kubeconfigFile !== undefined;
    if (spec.server === undefined && !inCluster && !fromKubeconfig) {
      context.addIssue({
        code: 'custom',
        path: ['server'],
        message: 'is required (an address like https://host.example.com:6443)',
      });
    }
  }, evenWithFaults);
