import type { AskedIdentity, RequestInfo } from '#model';

const AUTHENTICATION = 'authentication.k8s.io';
const SERVICE_ACCOUNT = /^system:serviceaccount:([^:]+):([^:]+)$/;

/**
 * What the API server asks its authorizers when somebody acts as somebody else: the verb `impersonate` on the user (or
 * service account), each group, the uid and each value of each extra.
 */
export function impersonationRequests({ user, groups, uid, extra }: AskedIdentity): RequestInfo[] {
  const account = SERVICE_ACCOUNT.exec(user);
  return [
    account
      ? act('', 'serviceaccounts', account[2] as string, { namespace: account[1] as string })
      : act('', 'users', user),
    ...groups.map((group) => act('', 'groups', group)),
    ...(uid === undefined ? [] : [act(AUTHENTICATION, 'uids', uid)]),
    ...Object.entries(extra).flatMap(([key, values]) =>
      values.map((value) => act(AUTHENTICATION, 'userextras', value, { subresource: key })),
    ),
  ];
}

function act(
  group: string,
  resource: string,
  name: string,
  more: { readonly namespace?: string; readonly subresource?: string } = {},
): RequestInfo {
  return {
    method: '',
    target: '',
    isResource: true,
    verb: 'impersonate',
    apiPrefix: group === '' ? 'api' : 'apis',
    group,
    version: 'v1',
    namespace: more.namespace ?? '',
    resource,
    subresource: more.subresource ?? '',
    name,
    path: '',
    rawPath: '',
    proxyTail: '',
    longRunning: false,
  };
}
