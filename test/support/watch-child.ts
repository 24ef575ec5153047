import type { ChildProcess } from 'node:child_process';

/** What a child has written, and its end. Never throws; killed after a minute. */
export interface Watched {
  /** Resolves when what it wrote fits. @throws after 20 s, with what it wrote. */
  until(pattern: RegExp): Promise<RegExpExecArray>;
  /** Exit code and the moment of it. */
  readonly ended: Promise<{ readonly code: number; readonly atMs: number }>;
  text(): string;
}

export function watchChild(child: ChildProcess): Watched {
  let text = '';
  const looks = new Set<() => void>();
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      for (const look of looks) look();
    });
  child.stdin?.end();
  const timer = setTimeout(() => child.kill('SIGKILL'), 60_000);
  const ended = new Promise<{ code: number; atMs: number }>((resolve) =>
    child.once('close', (code) => {
      clearTimeout(timer);
      resolve({ code: code ?? -1, atMs: Date.now() });
    }),
  );
  return {
    ended,
    text: () => text,
    until: (pattern) =>
      new Promise((resolve, reject) => {
        const late = setTimeout(
          () => reject(new Error(`no ${pattern} within 20 s in ${JSON.stringify(text)}`)),
          20_000,
        );
        const look = (): void => {
          const found = pattern.exec(text);
          if (!found) return;
          looks.delete(look);
          clearTimeout(late);
          resolve(found);
        };
        looks.add(look);
        look();
      }),
  };
}

/** The code that a program shows for its device login. */
export const shownCode = async (program: Watched): Promise<string> =>
  (await program.until(/type the code ([B-Z]{4}-[B-Z]{4})/))[1] as string;
