import { spawn, type ChildProcess } from 'node:child_process';
import { buildTool } from '../cluster/build-tool.ts';

/** The API server's tuple, each string one character a byte (as Go's strings are bytes). */
export type Tuple = readonly [
  isResource: boolean,
  verb: string,
  group: string,
  version: string,
  namespace: string,
  resource: string,
  subresource: string,
  name: string,
  path: string,
  longRunning: boolean,
];

/** What test/cluster/requestinfo says of one pair; see its encoding.go. */
export interface Case {
  readonly method: string;
  /** One character a byte. */
  readonly target: string;
  /** Why the pair is outside the strict subset, '' where it is inside. */
  readonly outside: string;
  /** Why the API server itself refuses it, '' where it does not. */
  readonly refused: string;
  readonly tuple: Tuple | undefined;
}

export type Pair = readonly [method: string, target: string];

export interface Oracle {
  /** Cases for these pairs, in their order. */
  answer(pairs: readonly Pair[]): Promise<Case[]>;
  /**
   * The systematic grid if asked for, then `count` random and mutated pairs (0: endlessly), in chunks. Leaving the loop
   * ends the program.
   */
  generate(options: { seed: number; count: number; grid: boolean }): AsyncGenerator<Case[]>;
}

/** Builds the Go program where that is needed. */
export function openOracle(): Oracle {
  const program = buildTool('requestinfo');
  return {
    async answer(pairs) {
      const child = spawn(program, ['answer'], { stdio: ['pipe', 'pipe', 'inherit'] });
      child.stdin.end(pairs.map((pair) => `${JSON.stringify(pair)}\n`).join(''));
      const cases: Case[] = [];
      for await (const chunk of readCases(child)) cases.push(...chunk);
      if (cases.length !== pairs.length) throw new Error(`${cases.length} answers to ${pairs.length} pairs`);
      return cases;
    },
    async *generate({ seed, count, grid }) {
      const args = ['generate', '-seed', String(seed), '-count', String(count), ...(grid ? ['-grid'] : [])];
      const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] });
      try {
        yield* readCases(child);
      } finally {
        child.kill();
      }
    },
  };
}

/** Cases as they come. @throws where the program ends other than with success. */
async function* readCases(child: ChildProcess): AsyncGenerator<Case[]> {
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  let rest = '';
  for await (const chunk of child.stdout as AsyncIterable<Buffer>) {
    // The program writes ASCII only.
    const lines = (rest + chunk.toString('latin1')).split('\n');
    rest = lines.pop() as string;
    yield lines.map(readCase);
  }
  const code = await ended;
  if (code !== 0) throw new Error(`the requestinfo program ended with ${code}`);
}

function readCase(line: string): Case {
  const [method, target, outside, refused, ...tuple] = JSON.parse(line) as [string, string, string, string];
  return { method, target, outside, refused, tuple: tuple.length === 0 ? undefined : (tuple as unknown as Tuple) };
}
