import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);

interface PageBundle {
  SCRIPT: string;
}

/**
 * Loads the script of the page, which `npm run build` bundles (`scripts/bundle-page.mjs`): only when a page
 * is rendered, since it is larger than all the rest.
 */
export function loadPageScript(): string {
  const file = import.meta.url.endsWith('.ts')
    ? '../../../dist/report/html/page-bundle.cjs'
    : './page-bundle.cjs';
  return (require(file) as PageBundle).SCRIPT;
}
