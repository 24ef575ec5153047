import { expect, test } from 'vitest';
import { readBody } from '../../apps/gateway/own-api/read-body.ts';
import { redactRequestUri } from '../../libs/audit/redact-request-uri.ts';
import { HEADER_LINES, readHeaderLines } from '../../libs/http/header-lines.ts';
import { readPlainHead } from '../../libs/http/inbound/read-plain-head.ts';
import { nameRequiredBy } from '../../libs/kube/field-selector.ts';
import { decodeAllLevels } from '../../libs/kube/fold-overlong.ts';
import { isLabelSelector } from '../../libs/kube/label-selector.ts';
import { parseRequest } from '../../libs/kube/parse-request.ts';
import { meetsGlob } from '../../libs/kube/path-pattern.ts';
import { readClusterPrefix } from '../../libs/kube/read-cluster-prefix.ts';
import { readImpersonation } from '../../libs/kube/read-impersonation.ts';
import { readRequestHeaders } from '../../libs/kube/read-request-headers.ts';
import { responseHeadersForClient } from '../../libs/kube/response-headers.ts';
import { rewriteLocation } from '../../libs/kube/rewrite-location.ts';
import { withoutGatewayCookies } from '../../libs/kube/strip-cookies.ts';
import { readWebsocketProtocols } from '../../libs/kube/websocket-bearer.ts';
import { sourceOf } from '../../libs/limits/source-of.ts';
import { cookieValues } from '../../libs/login/cookies.ts';
import { readUserCode } from '../../libs/login/grants/codes.ts';
import { readClient } from '../../libs/login/grants/read-client.ts';
import { readReturnTo } from '../../libs/login/return-to.ts';
import { createAddressReader } from '../../libs/pipeline/client-address.ts';
import { compilePolicy } from '../../libs/policy/compile-policy.ts';
import { decide } from '../../libs/policy/decide.ts';
import { bob, ordinary, rule } from '../../libs/policy/testdata/people.ts';
import { authenticate, type AuthenticationPorts } from '../../libs/identity/authenticate.ts';
import { compileIssuers } from '../../libs/identity/compile-issuers.ts';
import { createKeySets } from '../../libs/identity/key-sets.ts';
import { createVerifiedCache } from '../../libs/identity/verified-cache.ts';
import { createHostCheck } from '../../libs/pipeline/host-check.ts';
import { judgeAddress } from '../../libs/outbound/judge-address.ts';

const LARGE = 64 * 1024;
const SMALL = 16 * 1024;
/** What is over this is looked at; linear readers take one to five milliseconds. */
const SUSPICIOUS_MS = 20;
/** Below this the clock of a thread, and a collection of garbage, say more than the reader does. */
const CLOCK_MS = 2;
/** Of what seems slow; three were all disturbed once on a busy machine. */
const TRIES = 12;
/** Four times the text is four times the time, and sixteen times where it is quadratic. */
const MAX_GROWTH = 9;
/** Whatever the growth: nobody else is served in that time. */
const MAX_MS = 150;

const PAIRS = [
  '/.',
  './',
  '%2',
  '%2f',
  '%25',
  'a=',
  '=&',
  '&;',
  ',;',
  ', ',
  '; ',
  ' \t',
  '\r\n',
  'a,',
  'a/',
  '//x',
  '[{',
  '{"',
  '\\\\"',
];
const REPEATED = [...Array.from({ length: 256 }, (_, code) => String.fromCharCode(code)), ...PAIRS];

/** Reads a text that consists of one repetition; what it throws or returns is of no interest here. */
type Reader = (text: string) => unknown;

const policy = compilePolicy([
  rule('everything', { methods: ['*'], paths: ['/**'] }),
  rule('urls', { verbs: ['*'], nonResourceURLs: ['/logs*', '/a/'] }, { effect: 'Deny' }),
  rule('globs', { methods: ['*'], paths: ['/**/a*a*b/**/*/x', '/**/%2*'] }, { effect: 'Deny' }),
  rule('regexes', { methods: ['*'], pathRegexes: ['/+(a|b)*/x', '.*a.*b'] }, { effect: 'Deny' }),
]);
const ports: AuthenticationPorts = {
  now: () => 1_800_000_000_000,
  verifiedCache: createVerifiedCache(),
  accessTokens: { findAccessToken: () => undefined },
  disabledPeople: { has: () => false },
  keySets: createKeySets({ now: () => 1, fetch: () => Promise.reject(new Error('there is no issuer')) }),
  sessions: { find: () => undefined, touch: () => undefined },
};
const issuers = compileIssuers([]);
const authorize = (credential: { authorization?: string; websocketBearer?: string; cookies?: string[] }): unknown =>
  authenticate(
    { authorization: undefined, websocketBearer: undefined, cookies: [], cookieAllowed: true, ...credential },
    issuers,
    ports,
  );
const decideTarget = (target: string): unknown => {
  const parsed = parseRequest('GET', target);
  return parsed.ok && decide(policy, bob, 'demo', parsed.request, ordinary);
};
const where = { clusterPrefix: '/clusters/demo', upstreamHost: 'demo.example:6443', basePath: '/base' };
const addresses = createAddressReader(['0.0.0.0/0', '::/0']);
const isOurHost = createHostCheck('https://gatehouse.example', ['other.example']);
const bodyOf = (type: string, text: string): Promise<unknown> =>
  readBody({
    contentType: type,
    async *body() {
      yield Buffer.from(text);
    },
  });

const READERS: Readonly<Record<string, Reader>> = {
  'the path': (text) => parseRequest('GET', `/${text}x`),
  'a path below a proxy': (text) => parseRequest('GET', `/api/v1/namespaces/a/services/b/proxy/${text}x`),
  'the query': (text) => parseRequest('GET', `/api/v1/pods?${text}x`),
  'a query value': (text) => parseRequest('GET', `/api/v1/pods?limit=${text}x`),
  'a field selector of a target': (text) => parseRequest('GET', `/api/v1/pods?fieldSelector=${text}x`),
  'a field selector': (text) => nameRequiredBy(`a=b,${text}x`),
  'a label selector': (text) => isLabelSelector(`a in (${text}x)`),
  'label terms': (text) => isLabelSelector(`a,${text}x`),
  'the prefix of a cluster': (text) => readClusterPrefix(`/clusters/${text}x`),
  'escapes of escapes': (text) => decodeAllLevels(`${text}x`),
  'the decision about a path': (text) => decideTarget(`/${text}x`),
  'the decision about a path below a proxy': (text) => decideTarget(`/api/v1/namespaces/a/services/b/proxy/${text}x`),
  'a segment and a glob': (text) => meetsGlob(['a', '/', 'a', 'x'], `a${text}x`),
  'the plain request line': (text) => readPlainHead(`GET /${text} HTTP/1.1\r\nHost: a\r\n\r\n`),
  'header lines': (text) => HEADER_LINES.test(`\r\na: ${text}\u0000`) || HEADER_LINES.test(`\r\n${text}\u0000`),
  'parts of header lines': (text) => readHeaderLines(`\r\na: ${text}\r\nb: c`, []),
  'Connection tokens': (text) => readRequestHeaders(['Host', 'a', 'Connection', `${text}x`]),
  'any header': (text) => readRequestHeaders(['Host', 'a', 'Accept', text, `X-${text}`, 'a']),
  'the Host header': (text) => isOurHost(`${text}x`),
  'impersonation headers': (text) =>
    readImpersonation(['Impersonate-User', text, 'Impersonate-Group', text, `Impersonate-Extra-${text}`, `${text}x`]),
  'X-Forwarded-For': (text) => addresses.read('127.0.0.1', `${text}x,10.0.0.1`),
  'trusted hops of X-Forwarded-For': (text) => addresses.read('127.0.0.1', `10.0.0.1${text}`),
  'a bearer token': (text) => authorize({ authorization: `Bearer ${text}x` }),
  'blanks behind a bearer token': (text) => authorize({ authorization: `Bearer x${text}\u0000` }),
  'a JWT': (text) => authorize({ authorization: `Bearer eyJhbGciOiJSUzI1NiJ9.${text}.x` }),
  'an access token': (text) => authorize({ authorization: `Bearer gth_${text}x` }),
  'session cookies': (text) => authorize({ cookies: [`__Host-gatehouse-session=a; ${text}x`] }),
  'cookies for the upstream': (text) => withoutGatewayCookies(`__Host-gatehouse-session=a; ${text}x`),
  'login cookies': (text) => cookieValues(`${text}x`, '__Host-gatehouse-login'),
  'WebSocket subprotocols': (text) => readWebsocketProtocols(`base64url.bearer.authorization.k8s.io.YQ,${text}x`),
  'a bearer of a subprotocol': (text) => readWebsocketProtocols(`base64url.bearer.authorization.k8s.io.${text}x,v4`),
  'the target of an audit record': (text) => redactRequestUri(`/${text}x`),
  'the query of an audit record': (text) => redactRequestUri(`/api?${text}x`),
  'a host of an audit record': (text) => redactRequestUri(`http://${text}x`),
  'the Location of an upstream': (text) => rewriteLocation(`https://demo.example${text}x`, where),
  'a path in Location': (text) => rewriteLocation(`/${text}x`, where),
  'headers of an upstream': (text) =>
    responseHeadersForClient(['Connection', `${text}x`, 'Location', text, `x-${text}`, ''], {
      ...where,
      browser: true,
      streams: false,
      auditId: 'a',
    }),
  'where a login returns to': (text) => readReturnTo(`/${text}x`),
  'a user code': (text) => readUserCode(`${text}x`),
  'the name of a program': (text) => readClient(`${text}x`, text),
  'a source address': (text) => sourceOf(`::${text}x`),
  'the address of a host': (text) => judgeAddress(`[${text}x`),
  'a JSON body': (text) => bodyOf('application/json', `{"a":${text}`),
  'a JSON text': (text) => bodyOf('application/json', `{"a":"${text}`),
  'the type of a body': (text) => bodyOf(`${text}x`, ''),
};

/** Milliseconds of this thread's CPU; the lowest of several, since the machine may be busy with other things. */
async function cost(read: Reader, text: string, times: number): Promise<number> {
  let lowest = Infinity;
  for (let i = 0; i < times; i++) {
    const before = process.threadCpuUsage();
    try {
      await read(text);
    } catch {
      // refused, which is as good
    }
    const { user, system } = process.threadCpuUsage(before);
    lowest = Math.min(lowest, (user + system) / 1000);
  }
  return lowest;
}

/** @returns the slow repetitions, as sentences. */
async function findSlow(read: Reader, parts: readonly string[] = REPEATED): Promise<string[]> {
  const slow: string[] = [];
  for (const part of parts) {
    const textOf = (length: number): string => part.repeat(Math.floor(length / part.length));
    const first = await cost(read, textOf(LARGE), 1);
    if (first < SUSPICIOUS_MS) continue;
    if (first > 10 * MAX_MS) {
      slow.push(`${JSON.stringify(part)}: ${first} ms`);
      continue;
    }
    const [small, large] = [await cost(read, textOf(SMALL), TRIES), await cost(read, textOf(LARGE), TRIES)];
    if (large > MAX_MS || (large > SUSPICIOUS_MS && large / Math.max(small, CLOCK_MS) > MAX_GROWTH))
      slow.push(`${JSON.stringify(part)}: ${large} ms, of a quarter ${small} ms`);
    if (slow.length > 3) break;
  }
  return slow;
}

test.each(Object.entries(READERS))('64 KiB of one byte or pair are read in linear time: %s', async (_what, read) => {
  expect(await findSlow(read)).toEqual([]);
});

test.each([
  ['an expression', (text: string) => text.slice(-text.length / 4).replace(new RegExp('/+$'), ''), '/'],
  [
    'a loop',
    (text: string) => {
      let rest = `${text}x`;
      while (rest.startsWith('%2')) rest = Buffer.from(rest).toString('latin1').slice(2);
    },
    '%2',
  ],
])('a quadratic reader is found: %s', async (_what, read, part) => {
  expect(await findSlow((text) => read(`${text}x`), ['a', part, 'b'])).toEqual([expect.stringContaining(part)]);
});
