import { spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { get } from 'node:http';
import { join } from 'node:path';
import { setTimeout as rest } from 'node:timers/promises';
import { connect } from 'node:tls';
import { describe, expect, it } from 'vitest';
import { kubectl, spawnKubectl, waitForOutput } from './run-kubectl.ts';
import { gatewayOn, world } from './world.ts';

/**
 * Real kubectl whose output nobody reads for a while, as with a pager, a slow disk or a slow link: every byte arrives,
 * and the command's exit code with it (kubernetes/kubernetes#124571, kubernetes/kubectl#1361).
 */
const gateway = gatewayOn('sqlite');
const alice = gateway.people.alice.kubeconfig;
const PROTOCOLS = [
  ['WebSocket', {}],
  ['SPDY', { KUBECTL_REMOTE_COMMAND_WEBSOCKETS: 'false', KUBECTL_PORT_FORWARD_WEBSOCKETS: 'false' }],
] as const;
const SIZES = [2_000_000, 4_100_000, 5_000_000, 7_000_000, 9_000_000, 12_000_000];

interface Piped {
  readonly out: string;
  readonly codes: string;
}

/** `kubectl <words> | <reader>`, with what the reader prints and the exit codes of both. */
async function pipe(words: string, reader: string, env: Record<string, string>): Promise<Piped> {
  const home = mkdtempSync(join(world().directory, 'home-'));
  const script = `"${world().kubectlPath}" --kubeconfig "${alice}" -n team-a ${words} | ${reader}; echo "codes \${PIPESTATUS[*]}"`;
  const child = spawn('bash', ['-c', script], { env: { PATH: process.env.PATH ?? '', HOME: home, ...env } });
  let out = '';
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (out += chunk.toString()));
  await new Promise((resolve) => child.once('close', resolve));
  const [, printed = '', codes = ''] = /^([\s\S]*)codes ([\d ]+)\n$/.exec(out) ?? [];
  return { out: printed.trim(), codes };
}

describe.each(PROTOCOLS)('by %s', (_protocol, env) => {
  it('an exec whose reader rests four seconds brings every byte and the exit code', async () => {
    const runs = await Promise.all(
      SIZES.map((size) => pipe(`exec web -- sh -c 'head -c ${size} /dev/zero; exit 7'`, '(sleep 4; wc -c)', env)),
    );
    expect(runs.map(({ out }) => Number(/^\d+$/m.exec(out)?.[0]))).toEqual(SIZES);
    // 7 is the command's; kubectl says it on standard error too.
    expect(runs.map(({ codes }) => codes)).toEqual(SIZES.map(() => '7 0'));
  });

  it('an exec whose reader reads some, rests, and reads on', async () => {
    const { out, codes } = await pipe(
      'exec web -- head -c 6000000 /dev/zero',
      '(head -c 3000000 | wc -c; sleep 3; wc -c)',
      env,
    );
    // head may have read ahead of what it passes on; the sum is what was sent, less that.
    const [first = 0, second = 0] = out.split(/\s+/).map(Number);
    expect(first).toBe(3_000_000);
    expect(second).toBeGreaterThanOrEqual(2_900_000);
    expect(codes).toBe('0 0');
  });

  it('what an exec is given arrives, though the program rests before it reads', async () => {
    const bytes = randomBytes(5_000_000);
    const run = await kubectl(alice, ['-n', 'team-a', 'exec', '-i', 'web', '--', 'sh', '-c', 'sleep 3; sha256sum'], {
      input: bytes,
      env,
    });
    expect(run.stdout.slice(0, 64)).toBe(createHash('sha256').update(bytes).digest('hex'));
    expect(run.code).toBe(0);
  });

  it('a port-forward to a client that reads slowly brings the whole page', async () => {
    const child = spawnKubectl(alice, ['-n', 'team-a', 'port-forward', 'pod/web', ':8080'], { env });
    try {
      const port = /Forwarding from 127\.0\.0\.1:(\d+)/.exec(await waitForOutput(child, 'Forwarding from'))?.[1];
      const bytes = await new Promise<number>((resolve, reject) => {
        get({ host: '127.0.0.1', port, path: '/bytes?count=5000000', agent: false }, (response) => {
          let count = 0;
          setTimeout(() => {
            response.on('data', (chunk: Buffer) => {
              count += chunk.length;
              response.pause();
              setTimeout(() => response.resume(), 10);
            });
            response.on('end', () => resolve(count));
          }, 3000);
          response.on('error', reject);
        }).on('error', reject);
      });
      expect(bytes).toBe(5_000_000);
    } finally {
      child.kill();
    }
  });
});

it('a proxied WebSocket that sends five megabytes and closes, to a client that rests', async () => {
  const size = 5_000_000;
  const socket = connect({ host: '127.0.0.1', port: gateway.port, ca: readFileSync(gateway.caFile, 'utf8') });
  await once(socket, 'secureConnect');
  socket.pause();
  socket.write(
    `GET /api/v1/namespaces/team-a/services/web/proxy/ws-burst/${size} HTTP/1.1\r\nHost: 127.0.0.1:${gateway.port}\r\n` +
      `Authorization: Bearer ${gateway.people.alice.idToken}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
      'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n',
  );
  await rest(3000);
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  socket.resume();
  await once(socket, 'close');
  const all = Buffer.concat(chunks);
  expect(all.toString('latin1', 0, 12)).toBe('HTTP/1.1 101');
  // Heads of the frame, and of the one that says goodbye.
  expect(all.length - all.indexOf('\r\n\r\n') - 4).toBe(10 + size + 2);
});

it('cp of a large file whose receiver rests brings all of it', async () => {
  const directory = mkdtempSync(join(world().directory, 'cp-'));
  const bytes = randomBytes(8_000_000);
  writeFileSync(join(directory, 'large'), bytes);
  const there = await kubectl(alice, ['-n', 'team-a', 'cp', 'large', 'web:/tmp/large-of-slow-readers'], {
    cwd: directory,
  });
  expect(there).toMatchObject({ code: 0, stderr: '' });
  const { out, codes } = await pipe(
    'exec web -- tar cf - -C /tmp large-of-slow-readers',
    '(sleep 4; tar xOf - | sha256sum)',
    {},
  );
  expect(out.slice(0, 64)).toBe(createHash('sha256').update(bytes).digest('hex'));
  expect(codes).toBe('0 0');
});
