import { Document } from 'yaml';
import { SHELL_PLUGIN } from './shell-plugin.ts';

/** How kubectl comes by its credential. */
export type KubeconfigLogin =
  | { readonly with: 'token'; readonly token: string }
  /** `gatehouse login` as exec plugin. */
  | { readonly with: 'gatehouse' }
  /** The same by a shell and curl. */
  | { readonly with: 'shell' }
  /** int128/kubelogin: an ID token of the identity provider itself. */
  | {
      readonly with: 'kubelogin';
      readonly issuerUrl: string;
      readonly clientId: string;
      readonly scopes: readonly string[];
      readonly certificateAuthority: string | undefined;
    };

export interface KubeconfigInput {
  /** Without a slash at the end. */
  readonly gatewayUrl: string;
  /** PEM; undefined where the client's machine knows what the gateway's certificate is signed by. */
  readonly certificateAuthority: string | undefined;
  readonly clusters: readonly string[];
  readonly current: string | undefined;
  /** Names the user entry. */
  readonly user: string;
  readonly login: KubeconfigLogin;
}

const base64 = (text: string): string => Buffer.from(text).toString('base64');
const EXEC_VERSION = 'client.authentication.k8s.io/v1';

/** A kubeconfig for clusters behind the gateway, each under its prefix. */
export function writeKubeconfig(input: KubeconfigInput): string {
  const { gatewayUrl, certificateAuthority, user, login } = input;
  const document = new Document({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: input.clusters.map((name) => ({
      name: `gatehouse-${name}`,
      cluster: {
        server: `${gatewayUrl}/clusters/${name}`,
        ...(certificateAuthority ? { 'certificate-authority-data': base64(certificateAuthority) } : {}),
      },
    })),
    contexts: input.clusters.map((name) => ({
      name: `gatehouse-${name}`,
      context: { cluster: `gatehouse-${name}`, user },
    })),
    ...(input.current ? { 'current-context': `gatehouse-${input.current}` } : {}),
    users: [{ name: user, user: userOf(input) }],
  });
  document.commentBefore = commentOf(login, gatewayUrl);
  return document.toString({ lineWidth: 0 });
}

function userOf({ gatewayUrl, certificateAuthority, login }: KubeconfigInput): object {
  switch (login.with) {
    case 'token':
      return { token: login.token };
    case 'gatehouse':
      return exec('gatehouse', ['login', '--server', gatewayUrl], {
        // Tells it the CA.
        provideClusterInfo: true,
        interactiveMode: 'Never',
        installHint: 'Put bin/gatehouse of your Gatehouse into your PATH, or use the kubeconfig that needs only curl.',
      });
    case 'shell':
      return exec('sh', ['-c', SHELL_PLUGIN, 'gatehouse', gatewayUrl, certificateAuthority?.trim() ?? ''], {
        interactiveMode: 'Never',
      });
    case 'kubelogin':
      return exec(
        'kubectl',
        [
          'oidc-login',
          'get-token',
          `--oidc-issuer-url=${login.issuerUrl}`,
          `--oidc-client-id=${login.clientId}`,
          ...login.scopes.filter((scope) => scope !== 'openid').map((scope) => `--oidc-extra-scope=${scope}`),
          ...(login.certificateAuthority ? [`--certificate-authority-data=${base64(login.certificateAuthority)}`] : []),
        ],
        {
          // Older kubelogins answer with it whatever they are asked for; newer ones with what they are asked for.
          apiVersion: 'client.authentication.k8s.io/v1beta1',
          interactiveMode: 'IfAvailable',
          installHint: 'Install kubelogin: https://github.com/int128/kubelogin',
        },
      );
  }
}

const exec = (command: string, args: readonly string[], more: object): object => ({
  exec: { apiVersion: EXEC_VERSION, command, args, ...more },
});

function commentOf(login: KubeconfigLogin, gatewayUrl: string): string {
  switch (login.with) {
    case 'token':
      return ' Holds a token: whoever reads this file acts as you until the token ends.';
    case 'gatehouse':
      return ' Holds no secret. kubectl runs `gatehouse login`, which asks you to log in when it has to.';
    case 'shell':
      return ` Holds no secret. kubectl runs the script below, which asks you to log in when it has to.\n Its token stands among your access tokens at ${gatewayUrl}/-/tokens, where you can revoke it.`;
    case 'kubelogin':
      return ` Holds no secret. kubectl runs kubelogin, which logs you in at the identity provider itself.\n Its client must be a public one there (redirect http://localhost:8000), and an audience of the Issuer here.\n Another client than the gateway's own: ${gatewayUrl}/-/me/kubeconfig?with=kubelogin&clientID=…`;
  }
}
