import { Agent, request } from 'node:https';
import type { RequestInfo } from '#model';

export interface Person {
  readonly user: string;
  readonly groups: readonly string[];
}

export interface ApiServerOracle {
  /** What RBAC says of a request, by SubjectAccessReview; `verb` other than the request's own asks for that one. */
  allows(person: Person, question: RequestInfo, verb?: string): Promise<boolean>;
  read(path: string): Promise<string>;
  close(): void;
}

/** Asks as the cluster's administrator, over kept connections. */
export function openOracle(serverUrl: string, tls: { ca: string; cert: string; key: string }): ApiServerOracle {
  const agent = new Agent({ keepAlive: true, maxSockets: 24, ...tls });
  const { hostname, port } = new URL(serverUrl);
  const call = (method: string, path: string, body?: string): Promise<string> =>
    new Promise((resolve, reject) => {
      const headers =
        body === undefined ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
      const outgoing = request({ agent, host: hostname, port, method, path, headers }, (answer) => {
        const chunks: Buffer[] = [];
        answer.on('data', (chunk: Buffer) => chunks.push(chunk));
        answer.on('error', reject);
        answer.on('end', () => {
          const text = Buffer.concat(chunks).toString();
          if ((answer.statusCode ?? 0) >= 300) reject(new Error(`${method} ${path}: ${answer.statusCode} ${text}`));
          else resolve(text);
        });
      });
      outgoing.on('error', reject);
      outgoing.end(body);
    });
  return {
    async allows({ user, groups }, question, verb = question.verb) {
      const { group, version, resource, subresource, namespace, name, path } = question;
      const attributes = question.isResource
        ? { resourceAttributes: { verb, group, version, resource, subresource, namespace, name } }
        : { nonResourceAttributes: { verb, path } };
      const review = {
        apiVersion: 'authorization.k8s.io/v1',
        kind: 'SubjectAccessReview',
        // What the API server adds to whoever is impersonated.
        spec: { user, groups: [...groups, 'system:authenticated'], ...attributes },
      };
      const text = await call('POST', '/apis/authorization.k8s.io/v1/subjectaccessreviews', JSON.stringify(review));
      return (JSON.parse(text) as { status: { allowed: boolean } }).status.allowed;
    },
    read: (path) => call('GET', path),
    close: () => agent.destroy(),
  };
}
