/** Of what scenarios are made: one request, a client that leaves, an upgrade and its tunnel. */
import { setTimeout as sleep } from 'node:timers/promises';
import { requestText, upgradeHeaders, type GatewayAddress, type RawClient, type RequestParts } from './raw-client.ts';
import type { ReadResponse } from './read-responses.ts';
import type { ScriptedUpstreams } from './scripted-upstreams.ts';

/** One request of a scenario, and what its client saw of the response. */
export interface Exchanged {
  /** As it stands in the audit record; undefined where nothing is recorded for it. */
  readonly uri: string | undefined;
  readonly seen: ReadResponse;
  /** The client left by itself, so that it has nothing to say about the end. */
  readonly left?: boolean;
}

export interface ScenarioContext {
  readonly address: GatewayAddress;
  readonly upstreams: ScriptedUpstreams;
  /** Name of this run, unique. */
  readonly run: string;
  connect(): Promise<RawClient>;
}

export interface Scenario {
  readonly name: string;
  /** It waits for a time to pass: functions that other scenarios call are made to throw there first. */
  readonly slow?: boolean;
  readonly run: (context: ScenarioContext) => Promise<Exchanged[]>;
}

/** A response that takes longer than this does not come, on a machine that does much else. */
export const RESPONSE_WITHIN_MS = 8_000;
/** What the gateway of these scenarios lets a short request take. */
export const SHORT_REQUEST_SECONDS = 2;

export type Cluster = 'one' | 'two' | 'three' | 'down';
export const PODS = '/api/v1/namespaces/a/pods';

export class Requests {
  readonly #context: ScenarioContext;
  #count = 0;

  constructor(context: ScenarioContext) {
    this.#context = context;
  }

  uri(cluster: Cluster, act: string, path = PODS, more = ''): string {
    return `/clusters/${cluster}${path}?${more}do=${act}&run=${this.#context.run}.${this.#count++}`;
  }

  text(uri: string, parts: RequestParts = {}): string {
    return requestText(this.#context.address, uri, parts);
  }
}

export const one = (
  name: string,
  cluster: Cluster,
  act: string,
  parts: RequestParts & {
    readonly path?: string;
    readonly more?: string;
    readonly split?: number;
    readonly slow?: boolean;
  } = {},
): Scenario => ({
  name,
  slow: parts.slow ?? false,
  async run(context) {
    const requests = new Requests(context);
    const client = await context.connect();
    const uri = requests.uri(cluster, act, parts.path, parts.more);
    const text = requests.text(uri, parts);
    const asked = { isHead: parts.method === 'HEAD' };
    if (parts.split !== undefined) {
      client.send(text.slice(0, parts.split));
      await sleep(5);
      client.send(text.slice(parts.split), asked);
    } else client.send(text, asked);
    return [{ uri, seen: await client.response(RESPONSE_WITHIN_MS) }];
  },
});

export const leaving = (
  name: string,
  cluster: Cluster,
  act: string,
  how: 'end' | 'destroy' | 'reset',
  more = '',
): Scenario => ({
  name,
  async run(context) {
    const requests = new Requests(context);
    const client = await context.connect();
    const uri = requests.uri(cluster, act, PODS, more);
    client.send(requests.text(uri), {});
    // Where nothing comes, until the upstream has the request.
    await client.until(() => client.reader.bodyBytes > 0, act === 'never' ? 20 : 500);
    client.leave(how);
    await client.closed(RESPONSE_WITHIN_MS);
    return [{ uri, seen: await client.response(RESPONSE_WITHIN_MS), left: true }];
  },
});

export type TunnelDrive = (client: RawClient, context: ScenarioContext) => Promise<void>;

export const upgrade = (
  name: string,
  act: string,
  protocol: 'websocket' | 'SPDY/3.1',
  drive: TunnelDrive = async () => {},
  early = '',
): Scenario => ({
  name,
  async run(context) {
    const requests = new Requests(context);
    const client = await context.connect();
    const path = `${PODS}/p/exec`;
    const uri = requests.uri('one', act, path, 'command=sh&');
    const method = protocol === 'websocket' ? 'GET' : 'POST';
    client.send(requests.text(uri, { method, headers: upgradeHeaders(protocol) }) + early, { upgrades: true });
    await client.until(() => client.reader.status === 101 || client.reader.responses.length > 0, RESPONSE_WITHIN_MS);
    if (client.reader.status === 101) await drive(client, context);
    await client.closed(RESPONSE_WITHIN_MS);
    return [{ uri, seen: await client.response(RESPONSE_WITHIN_MS) }];
  },
});

export const received = (client: RawClient, bytes: number): Promise<boolean> =>
  client.until(() => client.reader.bodyBytes >= bytes, RESPONSE_WITHIN_MS);

export const echo: TunnelDrive = async (client) => {
  client.send('ping');
  await received(client, 4);
  client.send('pong');
  await received(client, 8);
  client.leave('end');
};

export const echoBehindEarlyBytes: TunnelDrive = async (client) => {
  client.send('ping');
  // What the upstream and the client sent before the 101, too.
  await received(client, 'early headping'.length);
  client.leave('end');
};

export const sendMuch: TunnelDrive = async (client, { upstreams, run }) => {
  const much = Buffer.alloc(2 * 1024 * 1024, 'quiet ');
  client.send(much);
  const end = performance.now() + RESPONSE_WITHIN_MS;
  while ((upstreams.tunnelled.get(`${run}.0`)?.length ?? 0) < much.length && !client.socket.destroyed)
    if (performance.now() > end) break;
    else await sleep(5);
  client.leave('end');
};

export const readSlowly = async (client: RawClient): Promise<void> => {
  client.socket.pause();
  await sleep(60);
  client.socket.resume();
};

export const WATCH = { more: 'watch=1&' };
export const LOGS = { path: `${PODS}/p/log`, more: 'follow=true&' };
export const POST = {
  method: 'POST',
  headers: ['Content-Type: application/json', 'Content-Length: 11'],
  body: 'hello world',
};
export const CHUNKS = {
  method: 'POST',
  headers: ['Content-Type: application/json', 'Transfer-Encoding: chunked'],
  body: '5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n',
};

/** Bytes that the gateway of these scenarios lets a body have. */
export const MAX_BODY_BYTES = 64 * 1024;
