import { STEPS } from '../../scripts/check/steps.ts';

/** What one step of `npm run check` says about the tree at `root`; empty when it finds nothing. */
export function findInCopy(root: string, stepName: string): string {
  const step = STEPS.find((one) => one.name === stepName);
  if (step === undefined) throw new Error(`npm run check has no step ${stepName}`);
  return step.findProblems(root).join('\n');
}
