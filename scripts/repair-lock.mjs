// Completes package-lock.json with the optional packages of other platforms.
// npm leaves an optional package out of the lock when the registry at hand does not have it, and `npm ci` then refuses
// with "Missing: … from lock file". Run after every `npm install`: npm run lock:repair
import { readFileSync, writeFileSync } from 'node:fs';

const path = new URL('../package-lock.json', import.meta.url);
const lock = JSON.parse(readFileSync(path, 'utf8'));
const OS = [
  'darwin',
  'win32',
  'windows',
  'linux',
  'freebsd',
  'openbsd',
  'netbsd',
  'android',
  'sunos',
  'aix',
  'openharmony',
];
const CPU = ['x64', 'arm64', 'ia32', 'arm', 'riscv64', 's390x', 'ppc64', 'loong64', 'mips64el', 'wasm32'];
const added = [];

function resolves(fromPath, name) {
  for (let at = fromPath; ;) {
    if (lock.packages[`${at ? `${at}/` : ''}node_modules/${name}`]) return true;
    if (!at) return false;
    const cut = at.lastIndexOf('/node_modules/');
    at = cut === -1 ? '' : at.slice(0, cut);
  }
}

for (const [from, pkg] of Object.entries({ ...lock.packages })) {
  for (const [name, range] of Object.entries(pkg.optionalDependencies ?? {})) {
    if (resolves(from, name)) continue;
    const words = name.toLowerCase().split(/[-/_@]/);
    const os = OS.filter((o) => words.includes(o)).map((o) => (o === 'windows' ? 'win32' : o));
    const cpu = CPU.filter((c) => words.some((w) => w === c || (c === 'arm' && /^arm(v\d|hf|eabi)/.test(w))));
    lock.packages[`node_modules/${name}`] = {
      version: range.replace(/^[\^~>=v ]+/, ''),
      optional: true,
      ...(os.length ? { os } : { os: ['unsupported'] }),
      ...(cpu.length ? { cpu } : {}),
    };
    added.push(`${name}@${range}`);
  }
}
lock.packages = Object.fromEntries(Object.entries(lock.packages).sort(([a], [b]) => (a < b ? -1 : 1)));
writeFileSync(path, `${JSON.stringify(lock, null, 2)}\n`);
process.stdout.write(added.length ? `added ${added.length}:\n  ${added.join('\n  ')}\n` : 'nothing missing\n');
