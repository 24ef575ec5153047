import { readFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { CliFailure } from './failure.ts';
import type { Terminal } from './terminal.ts';

/**
 * A secret from a file or standard input, never from an argument: arguments stand in the process list and in the
 * shell's history. On a terminal it is asked for and not echoed.
 */
export async function readSecret(terminal: Terminal, what: string, file: string | undefined): Promise<string> {
  let secret: string;
  if (file !== undefined) {
    try {
      secret = readFileSync(file, 'utf8');
    } catch (error) {
      throw new CliFailure(`${file} cannot be read (${(error as NodeJS.ErrnoException).code ?? 'error'})`);
    }
  } else {
    secret = terminal.stdin.isTTY ? await ask(terminal, what) : await text(terminal.stdin);
  }
  if (secret.trim() === '')
    throw new CliFailure(`no ${what} was given; send it on standard input, or give --token-file`);
  return secret.trim();
}

const INTERRUPT = '\u0003';
const END = '\u0004';

async function ask({ stdin, say }: Terminal, what: string): Promise<string> {
  say(`${what} (not shown):`);
  stdin.setRawMode(true);
  stdin.setEncoding('utf8');
  let typed = '';
  try {
    for await (const chunk of stdin as AsyncIterable<string>) {
      for (const character of chunk) {
        if (character === INTERRUPT) throw new CliFailure('interrupted');
        if (character === '\r' || character === '\n' || character === END) return typed;
        typed = character === '\u007f' ? typed.slice(0, -1) : typed + character;
      }
    }
    return typed;
  } finally {
    stdin.setRawMode(false);
    stdin.pause();
  }
}
