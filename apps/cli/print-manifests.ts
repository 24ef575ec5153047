import { parseManifests, type ResourceObject } from '#resources';
import { CliFailure } from './failure.ts';
import { visible, type Terminal } from './terminal.ts';
import { toYaml } from './to-yaml.ts';

/**
 * Prints made objects as YAML that `apply` reads, with comments, and on the other channel what is to be said about them.
 * @throws CliFailure where nothing was made.
 */
export function printManifests(
  terminal: Terminal,
  objects: readonly ResourceObject[],
  warnings: readonly string[],
  commentsOf: (object: ResourceObject) => readonly string[] = () => [],
): void {
  for (const warning of warnings) terminal.say(visible(`warning: ${warning}`));
  if (objects.length === 0) throw new CliFailure('there is nothing to make an object of');
  const yaml = objects.map((object) => toYaml(object, commentsOf(object))).join('---\n');
  const { manifests, problems } = parseManifests(yaml, { source: 'output' });
  if (problems.length > 0)
    throw new Error(
      `what was made is no valid manifest: ${problems.map(({ path, message }) => `${path} ${message}`).join('; ')}`,
    );
  for (const { object, warnings: ofObject } of manifests)
    for (const warning of ofObject) terminal.say(visible(`warning: ${object.metadata.name}: ${warning}`));
  terminal.out(yaml.trimEnd());
}
