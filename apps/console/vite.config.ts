import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

/**
 * The gateway serves the result below `/-/` under a policy without inline code and without `data:`: everything
 * becomes a file of its own. `outDir` is relative to this folder.
 */
export default defineConfig({
  base: '/-/',
  plugins: [react()],
  build: {
    outDir: '../../dist/console',
    emptyOutDir: true,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
});
