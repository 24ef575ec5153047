import { existsSync } from 'node:fs';
import { join, sep } from 'node:path';

/**
 * The folder of go.mod and the manifests. They are not copied by the TypeScript
 * build, so a compiled starter (dist/test/cluster) uses those of the checkout.
 */
export const sourceDirectory = existsSync(join(import.meta.dirname, 'go.mod'))
  ? import.meta.dirname
  : import.meta.dirname.replace(`${sep}dist${sep}`, sep);
