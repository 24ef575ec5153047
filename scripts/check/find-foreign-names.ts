import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { listFiles } from './list-files.ts';

/** This file, and the list of regular expressions that holds those of this file. */
const HOLDS_THE_PATTERNS = new Set(['scripts/check/find-foreign-names.ts', 'scripts/check/regex/linear-regexes.json']);
const BINARY = /[.](png|jpg|ico|woff2?|gz|zip)$/;

/** Hosts of registries and mirrors, wherever packages or modules come from on the machine at hand. */
const REGISTRIES = [
  /\bregistry[.](?:npmjs|yarnpkg|npmmirror)[.][a-z]+/,
  /\b(?:proxy|sum)[.]golang[.]org/,
  /\b(?:GOPROXY|npm_config_registry)\s*[=:]/,
  /\bregistry\s*=\s*https?:/,
  /"resolved":/,
];
const HOME_FOLDERS = /(?<![\w.-])\/(?:home|Users)\/[\w.-]+|(?<![\w.-])\/root(?:\/|\b(?!\w))/;

/**
 * A clone must work on any machine: a lockfile that names a mirror, or a path of somebody's home,
 * works on one. Besides the well-known hosts it looks for what this machine is set to.
 */
export function findForeignNames(root: string): string[] {
  const patterns = [...REGISTRIES, HOME_FOLDERS, ...namesOfThisMachine(root)];
  return listFiles(root).flatMap((path) => {
    if (BINARY.test(path) || HOLDS_THE_PATTERNS.has(path)) return [];
    const lines = readFileSync(join(root, path), 'utf8').split('\n');
    return lines.flatMap((line, index) => {
      const pattern = patterns.find((one) => one.test(line));
      return pattern ? [`${path}:${index + 1} ${pattern.exec(line)?.[0]}`] : [];
    });
  });
}

function namesOfThisMachine(root: string): RegExp[] {
  const sources = [process.env.npm_config_registry, ...(process.env.GOPROXY ?? '').split(/[,|]/)];
  const hosts = sources.flatMap((source) => (source && URL.canParse(source) ? [new URL(source).host] : []));
  const folders = [root, homedir()].filter((folder) => folder.split('/').length > 2);
  return [...hosts, ...folders]
    .filter((name) => name !== '')
    .map((name) => new RegExp(name.replaceAll(/[^\w/]/g, '\\$&')));
}
