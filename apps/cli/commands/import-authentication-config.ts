import type { Command } from 'commander';
import { stringify } from 'yaml';
import { importAuthenticationConfig, parseManifests, type ResourceObject } from '#resources';
import { checkCompiles } from '../check-compiles.ts';
import { CliFailure } from '../failure.ts';
import { printManifests } from '../print-manifests.ts';
import { contentOf } from '../read-content.ts';
import { visible, type Terminal } from '../terminal.ts';
import { describeProblems } from './describe-problems.ts';

export function addImportAuthenticationConfig(program: Command, terminal: Terminal): void {
  program
    .command('import-authentication-config')
    .description(
      'print Issuers that accept whom the API server’s own AuthenticationConfiguration accepts; nothing is saved',
    )
    .requiredOption('-f, --filename <path>', 'the file of kube-apiserver --authentication-config; - for standard input')
    .action(async ({ filename }: { filename: string }) => {
      const imported = importAuthenticationConfig(await contentOf(filename, terminal));
      if (!imported.ok) throw new CliFailure(imported.problems.map((problem) => visible(`${filename} ${problem}`)));
      const yaml = imported.issuers.map(({ manifest }) => stringify(manifest)).join('---\n');
      const { manifests, problems } = parseManifests(yaml, { source: filename });
      if (problems.length > 0) throw new CliFailure(describeProblems(problems));
      const objects: ResourceObject[] = manifests.map(({ object }) => object);
      checkCompiles(objects);
      printManifests(terminal, objects, [
        ...imported.warnings,
        ...imported.issuers.flatMap(({ manifest, warnings }) =>
          warnings.map((warning) => `${manifest.metadata.name}: ${warning}`),
        ),
      ]);
    });
}
