import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { AGGREGATED_DISCOVERY, writeDiscovery, writeOpenApi, writeResourceList, type KnownKind } from '#advice';
import { parseRequest } from '#kube';
import type { RequestInfo } from '#model';
import { fakeObject, type Hints } from './fake-objects.ts';

export interface RecordedRequest {
  readonly method: string;
  readonly target: string;
  readonly upgrade: boolean;
}

export interface FakeApiServer {
  readonly url: string;
  /** In the order in which they came. */
  readonly requests: readonly RecordedRequest[];
  close(): Promise<void>;
}

export interface FakeApiServerOptions {
  readonly kinds: readonly KnownKind[];
  /** False where objects are not there yet: `kubectl apply` then creates. */
  readonly exists: boolean;
  readonly hints: Hints;
}

/**
 * An API server on loopback that does nothing and agrees with everything, so that kubectl shows all requests of a
 * command: it knows the kinds of the real cluster, every object that is asked for is there, every change succeeds, and
 * what is deleted is gone. Streams into pods are refused, which is where a command would begin to do something.
 */
export async function startFakeApiServer({ kinds, exists, hints }: FakeApiServerOptions): Promise<FakeApiServer> {
  const requests: RecordedRequest[] = [];
  const gone = new Set<string>();
  const server = createServer((request, response) => void answer(request, response));
  server.on('upgrade', (request, socket) => {
    record(request, true);
    socket.end('HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n');
  });

  function record({ method = '', url = '' }: IncomingMessage, upgrade: boolean): void {
    requests.push({ method, target: url, upgrade });
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await readBody(request);
    record(request, false);
    const parsed = parseRequest(request.method ?? '', request.url ?? '');
    if (!parsed.ok) return send(response, 400, failure(400, parsed.message));
    const { request: info } = parsed;
    const document = discoveryDocument(info.path);
    if (document !== undefined) return send(response, 200, document.body, document.contentType);
    if (!info.isResource) return send(response, 200, '{}');
    if (info.subresource === 'log') return send(response, 200, '', 'text/plain');
    const kind = kinds.find(({ group, resource }) => group === info.group && resource === info.resource);
    if (kind === undefined) return send(response, 404, failure(404, 'not found'));
    answerObject(response, info, kind, body);
  }

  function discoveryDocument(path: string): { body: string; contentType?: string } | undefined {
    if (path === '/api' || path === '/apis')
      return { body: writeDiscovery(kinds, path === '/api'), contentType: AGGREGATED_DISCOVERY };
    if (path === '/version') return { body: VERSION };
    const [, list] = /^\/(?:api|apis\/[^/]+)\/[^/]+$/.test(path) ? (/^\/apis?\/(.+)$/.exec(path) ?? []) : [];
    if (list !== undefined) return { body: writeResourceList(kinds, list) };
    const [, openApi] = /^\/openapi\/v3(?:\/(.+))?$/.exec(path) ?? [path];
    return path.startsWith('/openapi/v3') ? { body: writeOpenApi(kinds, openApi) } : undefined;
  }

  function answerObject(response: ServerResponse, info: RequestInfo, kind: KnownKind, body: string): void {
    const { verb, namespace, name, rawPath, subresource } = info;
    const object = (called: string): string => JSON.stringify(fakeObject(kind, namespace, called, hints));
    switch (verb) {
      case 'list': {
        const { apiVersion } = fakeObject(kind, '', '', hints);
        const items = exists ? [fakeObject(kind, namespace, name || 'one-of-them', hints)] : [];
        return send(
          response,
          200,
          JSON.stringify({ kind: `${kind.kind}List`, apiVersion, metadata: { resourceVersion: '1' }, items }),
        );
      }
      case 'watch':
        return send(response, 200, '');
      case 'get':
        if (subresource === '' && (!exists || gone.has(rawPath))) return send(response, 404, failure(404, 'not found'));
        return send(response, 200, subresource === 'scale' ? scaleOf(namespace, name) : object(name));
      case 'create':
        if (subresource === 'eviction') gone.add(rawPath.replace(/\/eviction$/, ''));
        return send(response, 201, reviewed(body) ?? (readObject(body) === undefined ? object(name) : body));
      case 'delete':
        gone.add(rawPath);
        return send(
          response,
          200,
          JSON.stringify({ kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success' }),
        );
      default:
        return send(response, 200, subresource === 'scale' ? scaleOf(namespace, name) : object(name));
    }
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const VERSION = JSON.stringify({ major: '1', minor: '36', gitVersion: 'v1.36.0', platform: 'linux/amd64' });

function send(response: ServerResponse, status: number, body: string, contentType = 'application/json'): void {
  response.writeHead(status, { 'content-type': contentType, 'content-length': Buffer.byteLength(body) });
  response.end(body);
}

const failure = (code: number, message: string): string =>
  JSON.stringify({
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    reason: 'NotFound',
    message,
    code,
  });

const scaleOf = (namespace: string, name: string): string =>
  JSON.stringify({
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: { name, namespace, resourceVersion: '1' },
    spec: { replicas: 1 },
    status: { replicas: 1 },
  });

/** Reviews are questions, and the answer is yes; who asks for a token wants to see one. */
function reviewed(body: string): string | undefined {
  const sent = readObject(body);
  if (sent === undefined || !/(?:Review|Request)$/.test(String(sent.kind))) return undefined;
  return JSON.stringify({ ...sent, status: { allowed: true, userInfo: { username: 'somebody' }, token: 'none' } });
}

function readObject(body: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}
