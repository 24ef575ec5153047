import { KINDS } from '#resources';

export const pluralOf = (kind: string): string =>
  KINDS.find((entry) => entry.kind === kind)?.plural ?? kind.toLowerCase();
