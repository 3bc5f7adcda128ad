// Lets a plain Node process that a spec starts run our TypeScript: node -r ./test/support/swc-register.cjs file.ts
// What was translated once is kept: a spec starts the whole server a dozen times, each of hundreds of files.
const { createHash } = require('node:crypto');
const { mkdirSync, readFileSync, renameSync, writeFileSync } = require('node:fs');
const { join } = require('node:path');
const swcVersion = require('@swc/core/package.json').version;

const options = {
  jsc: {
    parser: { syntax: 'typescript', decorators: true },
    transform: { legacyDecorator: true, decoratorMetadata: true },
    target: 'es2022',
    keepClassNames: true,
  },
  module: { type: 'commonjs', ignoreDynamic: true },
  sourceMaps: 'inline',
};
const FOLDER = join(__dirname, '..', '..', 'node_modules', '.cache', 'speech-assistant', 'swc');
mkdirSync(FOLDER, { recursive: true });

require.extensions['.ts'] = (module, filename) => {
  module._compile(translated(readFileSync(filename, 'utf8'), filename), filename);
};

function translated(source, filename) {
  const key = createHash('sha256')
    .update(JSON.stringify([swcVersion, options, filename, source]))
    .digest('hex');
  const kept = join(FOLDER, `${key}.js`);
  try {
    return readFileSync(kept, 'utf8');
  } catch (error) {
    if (error.code !== 'ENOENT') throw error;
  }
  const { code } = require('@swc/core').transformSync(source, { ...options, filename });
  // Processes that start at the same time write the same: none may read half of it.
  writeFileSync(`${kept}.${process.pid}`, code);
  renameSync(`${kept}.${process.pid}`, kept);
  return code;
}
