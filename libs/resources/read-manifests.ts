import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { KINDS } from './kinds.ts';
import {
  parseManifests,
  type Manifest,
  type ManifestOrigin,
  type ManifestProblem,
  type ParsedManifests,
} from './parse-manifests.ts';
import type { ResourceObject } from './resource-object.ts';

const MANIFEST = /\.(?:yaml|yml|json)$/i;

/** Reads a file, or the manifests of a folder (not of folders in it), and judges them all. */
export function readManifests(path: string): ParsedManifests {
  let files: string[];
  try {
    files = statSync(path).isDirectory() ? listManifests(path) : [path];
  } catch (error) {
    return { manifests: [], problems: [{ source: path, path: '', message: `cannot be read (${codeOf(error)})` }] };
  }
  return mergeManifests(files.map(readFile));
}

export type ReadManifestDirectory =
  | {
      readonly ok: true;
      readonly objects: readonly ResourceObject[];
      readonly warnings: readonly { readonly source: string; readonly message: string }[];
    }
  | { readonly ok: false; readonly problems: readonly ManifestProblem[] };

/** All objects of a folder in the order to save them, or every problem of every file: never a part. */
export function readManifestDirectory(directory: string): ReadManifestDirectory {
  const { manifests, problems } = readManifests(directory);
  if (problems.length > 0) return { ok: false, problems };
  return {
    ok: true,
    objects: sortForSaving(manifests).map(({ object }) => object),
    warnings: manifests.flatMap(({ source, warnings }) => warnings.map((message) => ({ source, message }))),
  };
}

/** Puts texts together; two of one kind and name are a problem, since either could win. */
export function mergeManifests(parts: readonly ParsedManifests[]): ParsedManifests {
  const manifests = parts.flatMap((part) => part.manifests);
  const problems = parts.flatMap((part) => [...part.problems]);
  const seen = new Map<string, string>();
  for (const { object, source } of manifests) {
    const key = `${object.kind} ${JSON.stringify(object.metadata.name)}`;
    const first = seen.get(key);
    if (first === undefined) seen.set(key, source);
    else problems.push({ source, path: 'metadata.name', message: `${key} stands in ${first} already` });
  }
  return { manifests, problems };
}

/**
 * A running gateway sees one change after the other: what is referred to comes first, and a Deny before any Allow, so
 * that no moment in between allows what the whole does not.
 */
export function sortForSaving(manifests: readonly Manifest[]): Manifest[] {
  const rank = ({ object }: Manifest): number => {
    const denies = object.kind === 'AccessRule' && (object.spec as { effect?: string }).effect === 'Deny';
    return KINDS.findIndex(({ kind }) => kind === object.kind) * 2 + (denies ? 0 : 1);
  };
  return [...manifests].sort((one, other) => rank(one) - rank(other));
}

/** Kubernetes mounts ConfigMaps with hidden folders beside the links. */
function listManifests(directory: string): string[] {
  const names = readdirSync(directory)
    .filter((name) => MANIFEST.test(name) && !name.startsWith('.'))
    .sort();
  return names.map((name) => join(directory, name)).filter((path) => statSync(path).isFile());
}

function readFile(path: string): ParsedManifests {
  const origin: ManifestOrigin = {
    source: path,
    readKubeconfig: (file) => readFileSync(resolve(dirname(path), file), 'utf8'),
  };
  try {
    return parseManifests(readFileSync(path, 'utf8'), origin);
  } catch (error) {
    return { manifests: [], problems: [{ source: path, path: '', message: `cannot be read (${codeOf(error)})` }] };
  }
}

const codeOf = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? 'error';
