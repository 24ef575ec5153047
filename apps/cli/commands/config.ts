import type { Command } from 'commander';
import { stringify } from 'yaml';
import { printableConfig } from '#config';
import { readManifests } from '#resources';
import { CliFailure } from '../failure.ts';
import { readConfig } from '../open-gateway.ts';
import type { Terminal } from '../terminal.ts';
import { describeProblems } from './describe-problems.ts';

export function addConfig(program: Command, terminal: Terminal): void {
  const config = program.command('config').description('look at the configuration');
  config
    .command('check')
    .description(
      'report every problem of gatehouse.yaml, GATEHOUSE_* and the manifests folder; print what is in force, without secrets',
    )
    .action((_options, command: Command) => {
      const read = readConfig(terminal, command.optsWithGlobals<{ config?: string }>().config);
      if (read.manifestsDirectory !== undefined) {
        const { manifests, problems } = readManifests(read.manifestsDirectory);
        for (const { source, warnings } of manifests)
          for (const warning of warnings) terminal.say(`warning: ${source}: ${warning}`);
        if (problems.length > 0) throw new CliFailure(describeProblems(problems));
      }
      terminal.out(stringify(printableConfig(read)).trimEnd());
      terminal.say('the configuration is valid');
    });
}
