import type { Command } from 'commander';
import type { Terminal } from '../terminal.ts';
import { addDryRun } from './policy-dry-run.ts';
import { addExplain } from './policy-explain.ts';
import { addImportKubectlProxy } from './policy-import-kubectl-proxy.ts';
import { addImportRbac } from './policy-import-rbac.ts';
import { addSuggest } from './policy-suggest.ts';
import { addUnused } from './policy-unused.ts';

export function addPolicy(program: Command, terminal: Terminal): void {
  const policy = program
    .command('policy')
    .description('make access rules from what is there, and look at what they do');
  for (const add of [addDryRun, addExplain, addImportKubectlProxy, addImportRbac, addSuggest, addUnused])
    add(policy, terminal);
}
