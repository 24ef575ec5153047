import type { Command } from 'commander';
import { MAX_TARGET_LENGTH, parseRequest, readClusterPrefix } from '#kube';
import { readLines } from '../read-lines.ts';
import type { Terminal } from '../terminal.ts';

const HELP = `
A line is METHOD, one space, TARGET; the target is the whole rest of the line, byte by byte, so that a
carriage return or a version (HTTP/1.1) behind it belongs to it and is refused. Each line gives one:
  {"refused":code}              refused before anything else; the codes are in docs/errors.md. An empty line
                                and one without a method give badMethod, one without a target badTarget
  {"isResource":…,"verb":…,"group":…,"version":…,"namespace":…,"resource":…,"subresource":…,"name":…,"path":…}
                                what the API server makes of it. Bytes that are no UTF-8 are U+FFFD each, as
                                where the API server prints them; --bytes tells them apart

TARGET is what the API server gets. With --from-clients it is what clients send to the gateway:
/clusters/<name> is taken off first, and the object begins with "cluster" (empty: the default cluster).
The gateway's own pages (/-/) give {"page":true}.

  printf 'GET /api/v1/pods?watch=1\\nGET /api/v1/../pods\\n' | bin/gatehouse request parse`;

interface ParseOptions {
  readonly fromClients?: true;
  readonly bytes?: true;
}

/** A line may hold the longest target, and a method that no longer matters. */
const MAX_LINE = MAX_TARGET_LENGTH + 1024;

export function addRequest(program: Command, terminal: Terminal): void {
  const request = program.command('request').description('how the gateway reads requests');
  request
    .command('parse')
    .description('read lines METHOD TARGET from standard input and print what each means, one JSON object a line')
    .option('--from-clients', 'targets as clients send them, with /clusters/<name>')
    .option('--bytes', 'print bytes that are no UTF-8 as \\udc80 to \\udcff instead of U+FFFD')
    .addHelpText('after', HELP)
    .action(async ({ fromClients, bytes }: ParseOptions) => {
      const read = fromClients ? readFromClient : readForServer;
      const print = (line: string): string => printReading(read(line), bytes === true);
      // All that came together goes out together: a write for each line would take most of the time.
      for await (const lines of readLines(terminal.stdin, MAX_LINE)) terminal.out(lines.map(print).join('\n'));
    });
}

type Reading = object;

function readForServer(line: string): Reading {
  const [method, target] = cut(line);
  return readTarget(method, target);
}

function readFromClient(line: string): Reading {
  const [method, target] = cut(line);
  const prefix = readClusterPrefix(target);
  if (prefix.kind === 'refused') return { refused: prefix.code };
  if (prefix.kind === 'gateway') return { page: true };
  const reading = readTarget(method, prefix.target);
  return 'refused' in reading ? reading : { cluster: prefix.kind === 'cluster' ? prefix.cluster : '', ...reading };
}

function cut(line: string): [method: string, target: string] {
  const space = line.indexOf(' ');
  return space < 0 ? [line, ''] : [line.slice(0, space), line.slice(space + 1)];
}

function readTarget(method: string, target: string): Reading {
  const parsed = parseRequest(method, target);
  if (!parsed.ok) return { refused: parsed.code };
  const { isResource, verb, group, version, namespace, resource, subresource, name, path } = parsed.request;
  return { isResource, verb, group, version, namespace, resource, subresource, name, path };
}

/** JSON.stringify prints a lone surrogate as an escape. What could steer a terminal becomes one too: the same JSON. */
function printReading(reading: Reading, keepBytes: boolean): string {
  let text = JSON.stringify(reading);
  if (!keepBytes && text.includes('\\ud')) text = JSON.stringify(reading, wellFormed);
  return /[^ -~]/.test(text) ? text.replace(INVISIBLE, escaped) : text;
}

const INVISIBLE = /[\p{Cc}\p{Cf}\u2028\u2029]/gu;

const escaped = (char: string): string =>
  Array.from({ length: char.length }, (_, at) => `\\u${char.charCodeAt(at).toString(16).padStart(4, '0')}`).join('');

const wellFormed = (_key: string, value: unknown): unknown =>
  typeof value === 'string' ? value.toWellFormed() : value;
