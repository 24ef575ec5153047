/**
 * What the gateway does while one of its functions throws: every way in which a request, a stream or a tunnel begins,
 * goes on and ends. Each scenario returns what its client saw; the run without a fault shows what is right.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { requestText, upgradeHeaders } from './raw-client.ts';
import {
  CHUNKS,
  echo,
  echoBehindEarlyBytes,
  leaving,
  LOGS,
  MAX_BODY_BYTES,
  one,
  PODS,
  POST,
  readSlowly,
  received,
  Requests,
  RESPONSE_WITHIN_MS,
  sendMuch,
  upgrade,
  WATCH,
  type Exchanged,
  type Scenario,
} from './scenario-parts.ts';

export const SCENARIOS: readonly Scenario[] = [
  one('GET sized', 'one', 'sized'),
  one('GET large', 'one', 'large'),
  one('HEAD', 'one', 'sized', { method: 'HEAD' }),
  one('GET chunked, with trailers', 'one', 'chunked'),
  one('GET until close', 'one', 'close'),
  one('GET of another server', 'two', 'sized'),
  one('GET read by Node', 'one', 'sized', { split: 20 }),
  one('GET in HTTP/1.0', 'one', 'sized', { version: 'HTTP/1.0' }),
  one('GET, 401 of the API server', 'one', 'unauthorized'),
  one('GET, reset in mid-response', 'one', 'half'),
  one('GET, end in mid-chunk', 'one', 'halfChunked'),
  one('GET, reset before the response', 'one', 'reset'),
  one('GET, a response that cannot be read', 'one', 'odd'),
  one('GET, upstream down', 'down', 'sized'),
  one('POST sized', 'one', 'echo', POST),
  one('POST chunked', 'one', 'echo', CHUNKS),
  one('POST that expects 100', 'one', 'echo', { ...POST, headers: [...POST.headers, 'Expect: 100-continue'] }),
  one('POST over the limit', 'one', 'echo', {
    ...CHUNKS,
    body: `${(2 * MAX_BODY_BYTES).toString(16)}\r\n${'x'.repeat(2 * MAX_BODY_BYTES)}\r\n0\r\n\r\n`,
  }),
  one('POST with an early response', 'one', 'early', POST),
  one('POST, upstream down', 'down', 'echo', POST),
  one('POST, reset before the response', 'one', 'reset', POST),
  one('watch over HTTP/1.1', 'one', 'events', WATCH),
  one('watch, reset in mid-response', 'one', 'half', WATCH),
  one('watch on a shared HTTP/2 connection', 'two', 'events', WATCH),
  one('watch on a new HTTP/2 connection', 'three', 'events', WATCH),
  one('logs over HTTP/2, with trailers', 'three', 'trailers', LOGS),
  one('watch, stream reset', 'two', 'resetStream', WATCH),
  one('watch, stream reset without an error', 'three', 'cleanReset', WATCH),
  one('watch, HTTP/2 connection lost', 'three', 'lost', WATCH),
  one('watch, upstream down', 'down', 'events', WATCH),
  leaving('client ends while it waits', 'one', 'never', 'end'),
  leaving('client is reset while it waits', 'one', 'never', 'reset'),
  leaving('client leaves in mid-response', 'one', 'big', 'destroy'),
  leaving('client leaves a watch over HTTP/1.1', 'one', 'stay', 'reset', 'watch=1&'),
  leaving('client leaves a watch over HTTP/2', 'two', 'stay', 'destroy', 'watch=1&'),
  upgrade('WebSocket', 'tunnel', 'websocket', echo),
  upgrade('SPDY', 'tunnel', 'SPDY/3.1', echo),
  upgrade('WebSocket, bytes before the 101', 'tunnelEarly', 'websocket', echoBehindEarlyBytes, 'head'),
  upgrade('WebSocket that the upstream ends', 'tunnelEnds', 'websocket', async (client) => {
    await received(client, 100_000);
    client.leave('end');
  }),
  upgrade('SPDY, slow reader', 'tunnelBig', 'SPDY/3.1', async (client) => {
    await readSlowly(client);
    await received(client, 6 * 1024 * 1024);
    client.leave('end');
  }),
  upgrade('WebSocket, much sent', 'tunnelQuiet', 'websocket', sendMuch),
  upgrade('WebSocket, reset by the upstream', 'tunnelReset', 'websocket'),
  upgrade('WebSocket, reset by the client', 'tunnel', 'websocket', async (client) => {
    client.send('quiet');
    await sleep(5);
    client.leave('reset');
  }),
  upgrade('upgrade refused', 'refused', 'websocket'),
  upgrade('upgrade refused with a large body', 'refusedBig', 'SPDY/3.1'),
  upgrade('upgrade refused, reset in mid-response', 'refusedHalf', 'websocket'),
  upgrade('upgrade, reset before the response', 'reset', 'SPDY/3.1'),
  upgrade('upgrade, a response that cannot be read', 'odd', 'websocket'),
  one('GET without a response in time', 'one', 'never', { slow: true }),
  one('GET whose body stops', 'one', 'stalls', { slow: true }),
  one('POST whose body does not come', 'one', 'echo', { ...POST, body: 'half', slow: true }),
  { ...upgrade('upgrade without a response in time', 'never', 'websocket'), slow: true },
  {
    ...upgrade('WebSocket whose client never closes', 'tunnelEnds', 'websocket'),
    slow: true,
  },
  {
    name: 'more GETs at once than connections, one leaves while it waits',
    async run(context) {
      const requests = new Requests(context);
      const uris = Array.from({ length: 16 }, () => requests.uri('one', 'slow'));
      const clients = await Promise.all(uris.map(() => context.connect()));
      for (const [index, client] of clients.entries()) client.send(requests.text(uris[index]!), {});
      await sleep(20);
      clients.at(-1)!.leave('reset');
      const seen = await Promise.all(clients.map((client) => client.response(RESPONSE_WITHIN_MS)));
      return seen.map((each, index) => ({ uri: uris[index], seen: each, left: index === uris.length - 1 }));
    },
  },
  {
    name: 'GET large list, slow reader',
    async run(context) {
      const requests = new Requests(context);
      const client = await context.connect();
      const uri = requests.uri('one', 'big');
      client.send(requests.text(uri), {});
      await readSlowly(client);
      return [{ uri, seen: await client.response(RESPONSE_WITHIN_MS) }];
    },
  },
  {
    name: 'logs over HTTP/2, slow reader',
    async run(context) {
      const requests = new Requests(context);
      const client = await context.connect();
      const uri = requests.uri('three', 'big', LOGS.path, LOGS.more);
      client.send(requests.text(uri), {});
      await readSlowly(client);
      return [{ uri, seen: await client.response(RESPONSE_WITHIN_MS) }];
    },
  },
  {
    name: 'GET, pipelined and kept alive',
    async run(context) {
      const requests = new Requests(context);
      const client = await context.connect();
      const uris = ['sized', 'chunked', 'sized'].map((act) => requests.uri('one', act));
      const texts = uris.map((uri) => requests.text(uri));
      texts.forEach(() => client.reader.ask({}));
      client.send(texts.join(''));
      const exchanged: Exchanged[] = [];
      for (const uri of uris) exchanged.push({ uri, seen: await client.response(RESPONSE_WITHIN_MS) });
      return exchanged;
    },
  },
  {
    name: 'GET replayed, since the reused connection was given up',
    async run(context) {
      const requests = new Requests(context);
      const exchanged: Exchanged[] = [];
      for (const act of ['sized', 'resetOnReuse']) {
        const client = await context.connect();
        const uri = requests.uri('one', act);
        client.send(requests.text(uri), {});
        exchanged.push({ uri, seen: await client.response(RESPONSE_WITHIN_MS) });
      }
      return exchanged;
    },
  },
  {
    name: 'POST whose client leaves in mid-body',
    async run(context) {
      const requests = new Requests(context);
      const client = await context.connect();
      const uri = requests.uri('one', 'echo');
      client.send(requests.text(uri, { ...POST, body: 'half' }), {});
      await sleep(15);
      client.leave('reset');
      return [{ uri, seen: await client.response(RESPONSE_WITHIN_MS), left: true }];
    },
  },
  {
    name: 'health, behind a plain request on one connection',
    async run(context) {
      const requests = new Requests(context);
      const client = await context.connect();
      const uri = requests.uri('one', 'sized');
      client.send(requests.text(uri), {});
      const seen = await client.response(RESPONSE_WITHIN_MS);
      client.send(requests.text('/-/healthz', { anonymous: true }), {});
      return [
        { uri, seen },
        { uri: undefined, seen: await client.response(RESPONSE_WITHIN_MS) },
      ];
    },
  },
  ...(['CONNECT', 'upgrade'] as const).map((kind): Scenario => ({
    name: `anonymous ${kind}, followed by a reset`,
    async run(context) {
      const client = await context.connect();
      const request =
        kind === 'CONNECT'
          ? `CONNECT 127.0.0.1:443 HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`
          : requestText(context.address, PODS, { anonymous: true, headers: upgradeHeaders('websocket') });
      client.send(request, {});
      await sleep(5);
      client.leave('reset');
      return [{ uri: undefined, seen: await client.response(RESPONSE_WITHIN_MS), left: true }];
    },
  })),
];
