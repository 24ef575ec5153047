// The HTTP server that stands for what runs in a pod: harmless pages, and
// pages that do what a hostile application behind a service proxy would do.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { burstWebSocket, echoWebSocket } from './echo-websocket.ts';

/** Serves the page of one pod, named `namespace/pod`, on a loopback port for as long as the process lives. */
export async function servePodPage(pod: string, port: number): Promise<void> {
  const server = createServer((request, answer) => answerRequest(pod, request, answer));
  // A proxied stream may be quiet for long; only the test decides how long.
  server.requestTimeout = 0;
  server.keepAliveTimeout = 120_000;
  server.on('connection', (socket) => socket.on('error', () => socket.destroy()));
  server.on('upgrade', (request, socket: Socket, head) => {
    if (request.url === '/ws') echoWebSocket(request, socket, head);
    else if (request.url?.startsWith('/ws-burst/'))
      // In the path: the API server drops the query of a proxied upgrade.
      burstWebSocket(request, socket, Number(request.url.split('/')[2]));
    else socket.end('HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n');
  });
  await new Promise<void>((ready, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', ready);
  });
}

/** `?count=` of a page. */
const countOf = ({ url }: IncomingMessage): number => Number(new URLSearchParams(url?.split('?')[1]).get('count'));

function answerRequest(pod: string, request: IncomingMessage, answer: ServerResponse): void {
  const path = (request.url ?? '/').split('?')[0];
  switch (path) {
    case '/':
      return sendHtml(answer, `<title>${pod}</title><h1>Hello from pod ${pod}</h1>`);
    case '/there':
      return sendHtml(answer, `<title>there</title><p>You were redirected within pod ${pod}.</p>`);
    case '/headers':
      return sendJson(answer, {
        pod,
        method: request.method,
        url: request.url,
        headers: request.headers,
        rawHeaders: request.rawHeaders,
      });
    case '/redirect':
      answer.writeHead(302, { location: '/there' }).end();
      return;
    case '/hostile':
      return sendHtml(answer, '<title>hostile</title><p>This page sends hostile headers.</p>', hostileHeaders);
    case '/attack':
      return sendHtml(answer, attackPage);
    case '/script.js':
      // The title says so wherever it runs.
      answer.writeHead(200, { 'content-type': 'text/javascript' }).end("document.title = 'a pod has run'\n");
      return;
    case '/bytes':
      answer.end(Buffer.alloc(countOf(request), 'x'));
      return;
    case '/echo':
      answer.writeHead(200, {
        'content-type': request.headers['content-type'] ?? 'application/octet-stream',
        'x-echo-method': request.method ?? '',
      });
      request.pipe(answer);
      return;
    default:
      answer.writeHead(404, { 'content-type': 'text/plain' }).end(`pod ${pod} has no page ${path}\n`);
  }
}

const hostileHeaders: Record<string, string | string[]> = {
  'set-cookie': ['gatehouse=stolen; Path=/', '__Host-gatehouse=stolen; Path=/; Secure'],
  'clear-site-data': '"*"',
  'strict-transport-security': 'max-age=31536000; includeSubDomains',
  'access-control-allow-origin': '*',
  'access-control-allow-credentials': 'true',
  'alt-svc': 'h3=":443"',
  'report-to': '{"group":"default","max_age":1,"endpoints":[{"url":"https://evil.example/"}]}',
  refresh: '0; url=https://evil.example/',
  'service-worker-allowed': '/',
  'content-security-policy': "default-src 'self' 'unsafe-inline'",
};

// What a page in a pod can read with the cookie of whoever looks at it; the title tells the test.
const attackPage = `<title>attacking</title><script>
async function attempt(path) {
  try {
    const answer = await fetch(path, { credentials: 'include' })
    return path + '=' + answer.status
  } catch (error) {
    return path + '=' + error.name
  }
}
Promise.all(['/-/me', '/api/v1/namespaces/team-a/pods'].map(attempt)).then((outcome) => {
  let cookie
  try { cookie = document.cookie || 'none' } catch (error) { cookie = error.name }
  document.title = 'done ' + outcome.join(' ') + ' cookie=' + cookie
})
</script>`;

function sendHtml(answer: ServerResponse, body: string, headers: Record<string, string | string[]> = {}): void {
  answer.writeHead(200, { 'content-type': 'text/html; charset=utf-8', ...headers }).end(`<!doctype html>${body}\n`);
}

function sendJson(answer: ServerResponse, value: unknown): void {
  answer.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(value));
}
