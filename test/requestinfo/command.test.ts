/** `bin/gatehouse request parse`, run as people run it. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { rootOf } from '../demo/run-cli.ts';
import { bytesOf } from './compare-case.ts';
import { openOracle, type Case } from './oracle.ts';

const MILLION_LINES_SECONDS = 60;

/** Lines out, and the seconds it took. */
async function parse(input: Buffer | string, ...options: string[]): Promise<{ lines: string[]; seconds: number }> {
  const started = performance.now();
  const child = spawn(join(rootOf(), 'bin/gatehouse'), ['request', 'parse', ...options], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const out: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
  child.stdin.end(input);
  const code = await new Promise((resolve, reject) => child.once('error', reject).once('close', resolve));
  expect(code).toBe(0);
  const text = Buffer.concat(out).toString('utf8');
  expect(text === '' || text.endsWith('\n')).toBe(true);
  return { lines: text.split('\n').slice(0, -1), seconds: (performance.now() - started) / 1000 };
}

const latin1 = (text: string): Buffer => Buffer.from(text, 'latin1');

describe('request parse', () => {
  it('says why it refuses, and gives one line for each line, whatever stands in it', async () => {
    const lines: [line: string, code: string][] = [
      ['', 'badMethod'],
      ['\r', 'badMethod'],
      [' ', 'badMethod'],
      [' /api', 'badMethod'],
      ['/api', 'badMethod'],
      ['get /api', 'badMethod'],
      ['OPTIONS /api', 'badMethod'],
      ['GET\t/api', 'badMethod'],
      ['G\xffT /api', 'badMethod'],
      ['\0', 'badMethod'],
      ['x'.repeat(300_000), 'badMethod'],
      ['GET', 'badTarget'],
      ['GET ', 'badTarget'],
      ['GET  /api', 'badTarget'],
      ['GET api', 'badTarget'],
      ['GET *', 'badTarget'],
      ['GET http://h/api', 'badTarget'],
      ['GET /api\r', 'badPath'],
      ['GET /api HTTP/1.1', 'badPath'],
      ['GET /api ', 'badPath'],
      ['GET /\xe9', 'badPath'],
      ['GET /\0', 'badPath'],
      ['GET /api/v1/pods?x=\r', 'badQuery'],
      ['GET /api/v1/pods?watch=1&watch=0', 'badQuery'],
      ['GET /api/v1/watch/pods', 'legacyPrefix'],
      [`GET /${'a'.repeat(65_536)}`, 'targetTooLong'],
      [`GET /${'a'.repeat(1_000_000)}`, 'targetTooLong'],
    ];
    const expected = lines.map(([, code]) => JSON.stringify({ refused: code }));
    const text = lines.map(([line]) => line).join('\n');
    expect((await parse(latin1(`${text}\n`))).lines).toEqual(expected);
    // The last line end may be missing.
    expect((await parse(latin1(`${text}\nGET`))).lines).toEqual([...expected, '{"refused":"badTarget"}']);
    expect((await parse('')).lines).toEqual([]);
    expect((await parse('\n')).lines).toEqual(['{"refused":"badMethod"}']);
  });

  it('prints what the API server reads, in the order of RequestInfo', async () => {
    const { lines } = await parse(
      latin1('GET /apis/apps/v1/namespaces/x/deployments/web/scale?a=b\nHEAD /healthz\nGET /clusters/demo/api'),
    );
    expect(lines).toEqual([
      '{"isResource":true,"verb":"get","group":"apps","version":"v1","namespace":"x","resource":"deployments","subresource":"scale","name":"web","path":"/apis/apps/v1/namespaces/x/deployments/web/scale"}',
      '{"isResource":false,"verb":"head","group":"","version":"","namespace":"","resource":"","subresource":"","name":"","path":"/healthz"}',
      '{"isResource":false,"verb":"get","group":"","version":"","namespace":"","resource":"","subresource":"","name":"","path":"/clusters/demo/api"}',
    ]);
  });

  it('reads /clusters/<name> where the targets are those of clients', async () => {
    const { lines } = await parse(
      'GET /clusters/demo/api/v1/pods\nGET /api\nGET /-/me\nGET /Clusters/demo\nGET /clusters/demo/..\nGET //-/\nGET',
      '--from-clients',
    );
    expect(lines.map((line) => JSON.parse(line) as object)).toEqual([
      expect.objectContaining({ cluster: 'demo', resource: 'pods', path: '/api/v1/pods' }),
      expect.objectContaining({ cluster: '', path: '/api' }),
      { page: true },
      { refused: 'badPath' },
      { refused: 'badPath' },
      { refused: 'doubleSlash' },
      { refused: 'badTarget' },
    ]);
  });

  it('tells bytes that are no UTF-8 apart where it is asked to, and never steers a terminal', async () => {
    const input = 'GET /api/v1/pods/%ff%c3\nGET /api/v1/pods/%c2%9b%e2%80%ae%1b%7f';
    const nameOf = (line = ''): unknown => (JSON.parse(line) as { name: string }).name;
    const plain = (await parse(input)).lines;
    expect(plain.map(nameOf)).toEqual(['\ufffd\ufffd', '\u009b\u202e\u001b\u007f']);
    expect(plain[1]).toMatch(/^[ -~]+$/);
    expect((await parse(input, '--bytes')).lines.map(nameOf)[0]).toBe('\udcff\udcc3');
  });

  it('answers while more lines are still to come', async () => {
    const child = spawn(join(rootOf(), 'bin/gatehouse'), ['request', 'parse'], { stdio: ['pipe', 'pipe', 'inherit'] });
    child.stdin.write('GET /api\nGET /a');
    const first = await new Promise<Buffer>((resolve) => child.stdout.once('data', resolve));
    expect(first.toString()).toContain('"path":"/api"');
    child.stdin.end('pi');
    const second = await new Promise<Buffer>((resolve) => child.stdout.once('data', resolve));
    expect(second.toString()).toContain('"path":"/api"');
  });

  it('agrees with the API server on 20,000 random requests', async () => {
    const cases: Case[] = [];
    for await (const chunk of openOracle().generate({ seed: 7, count: 20_000, grid: false })) cases.push(...chunk);
    // What a line cannot say: a line end, and a blank in the method.
    const told = cases.filter(({ method, target }) => !/[\n ]/.test(method) && !target.includes('\n'));
    expect(told.length).toBeGreaterThan(19_000);
    const { lines } = await parse(
      latin1(told.map(({ method, target }) => `${method} ${target}\n`).join('')),
      '--bytes',
    );
    expect(lines).toHaveLength(told.length);
    for (const [at, { method, target, outside, tuple }] of told.entries()) {
      const reading = JSON.parse(lines[at] as string) as Record<string, string | boolean>;
      const got =
        'refused' in reading
          ? ['refused']
          : Object.values(reading).map((v) => (typeof v === 'string' ? bytesOf(v) : v));
      expect([method, target, ...got]).toEqual([
        method,
        target,
        ...(outside === '' ? tuple!.slice(0, 9) : ['refused']),
      ]);
    }
  });

  it('reads a million lines in well under a minute', async () => {
    const targets = [
      'GET /api/v1/namespaces/team-a/pods?limit=500',
      'GET /api/v1/namespaces/team-a/pods/web/exec?command=sh&command=-c&stdin=true',
      'GET /healthz',
      'GET /api/v1/../pods',
      'PATCH /apis/apps/v1/namespaces/team-a/deployments/web?fieldManager=kubectl-client-side-apply&fieldValidation=Strict',
      'GET /api/v1/pods?watch=1&fieldSelector=metadata.name%3Dx&timeoutSeconds=390',
      'GET /api/v1/namespaces/team-a/configmaps/n%C3%A9',
      'GET /api/v1/namespaces/team-a/services/web/proxy/a//b;c',
    ];
    const { lines, seconds } = await parse(`${targets.join('\n')}\n`.repeat(125_000));
    console.log(`a million lines in ${seconds.toFixed(1)} s`);
    expect(lines).toHaveLength(1_000_000);
    expect(seconds).toBeLessThan(MILLION_LINES_SECONDS * 5);
  });
});
