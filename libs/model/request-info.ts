/**
 * A request as the API server reads it (apiserver `RequestInfo`), made by `#kube` from the raw bytes.
 * Empty string where the API server has an empty string.
 */
export interface RequestInfo {
  /** The method as sent, upper-case as HTTP wants it. */
  readonly method: string;
  /** The judged bytes: path and query exactly as they will be sent behind the upstream's base path. */
  readonly target: string;
  readonly isResource: boolean;
  /**
   * get list watch create update patch delete deletecollection; `proxy` of `/apis/<group>/<version>/proxy/…`; '' of
   * OPTIONS; for non-resources the lower-cased method.
   */
  readonly verb: string;
  /** `api`, `apis`, or '' for non-resources. */
  readonly apiPrefix: string;
  readonly group: string;
  readonly version: string;
  readonly namespace: string;
  readonly resource: string;
  readonly subresource: string;
  readonly name: string;
  /** The path, decoded once, without the query. */
  readonly path: string;
  /** The raw path (not decoded), without the query; what raw path rules match. */
  readonly rawPath: string;
  /** What follows `/proxy` of services, pods and nodes ('' if nothing does); raw bytes. */
  readonly proxyTail: string;
  /** Watches, logs, exec, attach, port-forward, proxy, profiles: no body or header time-out. */
  readonly longRunning: boolean;
}
