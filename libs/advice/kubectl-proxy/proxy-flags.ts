/** The flags of `kubectl proxy` that say what it lets through, and where it listens. */
export interface ProxyFlags {
  readonly acceptPaths: string;
  readonly rejectPaths: string;
  readonly acceptHosts: string;
  readonly rejectMethods: string;
  readonly apiPrefix: string;
  readonly address: string;
  readonly port: number;
  readonly disableFilter: boolean;
  readonly unixSocket: string | undefined;
  readonly www: string | undefined;
}

/** Its own defaults (kubectl 1.36). */
export const PROXY_DEFAULTS: ProxyFlags = {
  acceptPaths: '^.*',
  rejectPaths: '^/api/.*/pods/.*/exec,^/api/.*/pods/.*/attach',
  acceptHosts: '^localhost$,^127\\.0\\.0\\.1$,^\\[::1\\]$',
  rejectMethods: '^$',
  apiPrefix: '/',
  address: '127.0.0.1',
  port: 8001,
  disableFilter: false,
  unixSocket: undefined,
  www: undefined,
};
