import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The nearest package.json above: the compiled tree lies one folder deeper than the sources. */
function packageFolder(): string {
  for (let folder = __dirname; ; folder = dirname(folder)) {
    try {
      readFileSync(join(folder, 'package.json'));
      return folder;
    } catch (error) {
      if (dirname(folder) === folder) throw error;
    }
  }
}

const PACKAGE_FOLDER = packageFolder();

const manifest: unknown = JSON.parse(readFileSync(join(PACKAGE_FOLDER, 'package.json'), 'utf8'));

export const PRODUCT_VERSION =
  typeof manifest === 'object' && manifest !== null && 'version' in manifest ? String(manifest.version) : '0.0.0';
