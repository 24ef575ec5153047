import { join } from 'node:path';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

/** The gateway serves the result below `/-/` under a policy without inline code: everything becomes a file of its own. */
export default defineConfig({
  root: import.meta.dirname,
  base: '/-/',
  plugins: [react()],
  build: { outDir: join(import.meta.dirname, '../../dist/console'), emptyOutDir: true, assetsInlineLimit: 0, modulePreload: { polyfill: false } },
});
