// The floor: what Node and undici cost when nothing is judged, mapped or recorded. Every answer is forwarded as it is.
//   bare-forwarder.ts <port> <upstream origin> <certificate> <key> <CA>
import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { Pool, type Dispatcher } from 'undici';

const [port = '', origin = '', certFile = '', keyFile = '', caFile = ''] = process.argv.slice(2);
const pool = new Pool(origin, {
  connections: null,
  pipelining: 1,
  allowH2: false,
  connect: { ca: readFileSync(caFile) },
});
const HOP_BY_HOP = new Set(['connection', 'keep-alive', 'transfer-encoding']);

createServer({ cert: readFileSync(certFile), key: readFileSync(keyFile) }, (request, response) => {
  const headers: string[] = [];
  for (let i = 0; i < request.rawHeaders.length; i += 2) {
    const name = request.rawHeaders[i] as string;
    if (!HOP_BY_HOP.has(name.toLowerCase())) headers.push(name, request.rawHeaders[i + 1] as string);
  }
  let upstream: Dispatcher.DispatchController;
  response.on('drain', () => upstream.resume());
  const hasBody = request.headers['content-length'] !== undefined || request.headers['transfer-encoding'] !== undefined;
  pool.dispatch(
    {
      method: request.method as Dispatcher.HttpMethod,
      path: request.url as string,
      headers,
      body: hasBody ? request : null,
    },
    {
      onRequestStart: (controller) => void (upstream = controller),
      onResponseStart(controller, statusCode) {
        const raw = controller.rawHeaders as Buffer[];
        response.sendDate = false;
        const flat = raw.map((part) => part.toString('latin1'));
        response.writeHead(statusCode, flat);
        // A watch may have nothing to say for long.
        if (!flat.some((part) => part.toLowerCase() === 'content-length')) response.flushHeaders();
      },
      onResponseData(controller, chunk) {
        if (!response.write(chunk)) controller.pause();
      },
      onResponseEnd: () => void response.end(),
      onResponseError: () => void response.destroy(),
    },
  );
}).listen(Number(port), '127.0.0.1');
