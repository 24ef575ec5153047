/**
 * A 401 through the cluster: where the API server accepts the credential, somebody behind it responded. No credential
 * is blamed for that, and the client never sees a 401, for which it would throw away its own.
 */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ask, type Asked } from '../support/ask-gateway.ts';
import { startUpstream, type TestUpstream } from '../support/forward-upstream.ts';
import { startForwardWorld, type ForwardWorld } from '../support/forward-world.ts';

const REVIEW = '/apis/authentication.k8s.io/v1/selfsubjectreviews';
const METRICS = '/apis/metrics.k8s.io/v1beta1/nodes';
const LOG = '/api/v1/namespaces/a/pods/web/log';

let upstream: TestUpstream;
let world: ForwardWorld;
let dave: string;
/** What the API server responds to the question who somebody is. */
let review = 201;
/** Headers of each such question. */
let questions: { authorization: string | undefined; certificate: boolean }[] = [];

beforeAll(async () => {
  upstream = await startUpstream({
    onRequest(request, response) {
      request.resume();
      if (request.url !== REVIEW) {
        response.writeHead(401, { 'Content-Type': 'application/json' });
        return void response.end('{"kind":"Status","code":401,"message":"Unauthorized"}');
      }
      const { authorization } = request.headers;
      questions.push({ authorization, certificate: authorization === undefined });
      response.writeHead(review, { 'Content-Type': 'application/json' });
      response.end(JSON.stringify({ status: { userInfo: { username: 'dave-upstream', groups: [] } } }));
    },
  });
  const clusters = Object.fromEntries(['asked', 'rejecting', 'mute', 'burst'].map((name) => [name, upstream]));
  world = await startForwardWorld(clusters);
  dave = await world.tokenOf('dave');
  for (const cluster of Object.keys(clusters)) {
    const saved = await ask(world, `/-/me/upstream-tokens/${cluster}`, {
      method: 'PUT',
      token: dave,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ token: 'token-of-dave' }),
    });
    expect(saved.status, String(saved.body)).toBe(200);
  }
});

beforeEach(() => {
  review = 201;
  questions = [];
});

afterAll(async () => {
  await world?.stop();
  await upstream?.stop();
});

const told = ({ status, body }: Asked): { status: number; message: string } => ({
  status,
  message: (JSON.parse(String(body)) as { message: string }).message,
});

describe('where the API server accepts the credential', () => {
  it.each([
    [METRICS, 'the API "metrics.k8s.io/v1beta1" responded 401'],
    ['/apis/metrics.k8s.io/v1beta1', 'the API "metrics.k8s.io/v1beta1" responded 401'],
    [LOG, 'the kubelet of the node that runs pod "a/web" responded 401'],
    ['/api/v1/namespaces/a/pods', 'the API "v1" responded 401'],
    ['/odd/path', 'what serves this path of cluster "asked" responded 401'],
  ])('%s names who responded', async (path, words) => {
    const { status, message } = told(await ask(world, `/clusters/asked${path}`));
    expect(status).toBe(502);
    expect(message).toContain(`${words}, although cluster "asked" accepts the gateway’s credential`);
  });

  it('asks with the very credential that was sent: the certificate, or the token of the person', async () => {
    await ask(world, `/clusters/burst${METRICS}`);
    const { status, message } = told(await ask(world, `/clusters/burst${METRICS}`, { token: dave }));
    expect([status, message]).toEqual([502, expect.stringContaining('accepts this credential')]);
    expect(questions).toEqual([
      { authorization: undefined, certificate: true },
      { authorization: 'Bearer token-of-dave', certificate: false },
    ]);
    const [record] = await world.records(`/clusters/burst${METRICS}`);
    expect(record?.responseStatus?.code).toBe(502);
  });

  it('asks once for many at once, under an audit id of its own', async () => {
    await new Promise((resolve) => setTimeout(resolve, 5_100));
    const all = await Promise.all(Array.from({ length: 30 }, () => ask(world, `/clusters/burst${METRICS}`)));
    expect(all.map(({ status }) => status)).toEqual(Array.from({ length: 30 }, () => 502));
    expect(questions).toHaveLength(1);
  });
});

it('a credential that the API server rejects is blamed as before', async () => {
  review = 401;
  expect(told(await ask(world, `/clusters/rejecting${METRICS}`))).toEqual({
    status: 502,
    message: expect.stringContaining("refused the gateway's own credential"),
  });
  expect(told(await ask(world, `/clusters/rejecting${METRICS}`, { token: dave }))).toEqual({
    status: 403,
    message: expect.stringContaining('refused your stored token'),
  });
});

it('where the API server cannot be asked nobody is blamed, and the next request asks again', async () => {
  review = 503;
  const first = told(await ask(world, `/clusters/mute${METRICS}`));
  expect(first).toEqual({ status: 502, message: expect.stringContaining('could not be asked whether it accepts') });
  review = 404;
  // Older than 1.28: it has no such API, and says so to those only whom it knows.
  expect(told(await ask(world, `/clusters/mute${METRICS}`)).message).toContain('responded 401, although');
});
