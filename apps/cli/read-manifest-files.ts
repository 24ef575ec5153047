import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { mergeManifests, parseManifests, readManifests, type Manifest, type ParsedManifests } from '#resources';
import { describeProblems } from './commands/describe-problems.ts';
import { CliFailure } from './failure.ts';
import type { Terminal } from './terminal.ts';

/** Reads objects from files, folders and, by `-`, standard input. @throws CliFailure with every problem. */
export async function readManifestFiles(terminal: Terminal, paths: readonly string[]): Promise<readonly Manifest[]> {
  const parts: ParsedManifests[] = [];
  for (const path of paths) parts.push(path === '-' ? await readStandardInput(terminal) : readManifests(path));
  const { manifests, problems } = mergeManifests(parts);
  if (problems.length > 0) throw new CliFailure(describeProblems(problems));
  if (manifests.length === 0) throw new CliFailure(`no objects in ${paths.join(', ')}`);
  return manifests;
}

async function readStandardInput({ stdin }: Terminal): Promise<ParsedManifests> {
  return parseManifests(await text(stdin), {
    source: 'standard input',
    readKubeconfig: (file) => readFileSync(resolve(file), 'utf8'),
  });
}
