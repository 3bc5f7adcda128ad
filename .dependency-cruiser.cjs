// The arrows of the house plan (CONTRIBUTING.md), checked: who may import whom. Type-only imports count, and specs are
// free to import what they test against.

/** In the order of the arrows: each feature may import those above it. */
const FEATURES = [
  'files',
  'users',
  'auth',
  'scenarios',
  'calls',
  'sms',
  'scheduling',
  'calendar',
  'recordings',
  'transcripts',
  'customers',
  'conversations',
  'voice-interactions',
  'voice',
  'chat',
  'realtime',
  'simulations',
  'webhooks',
  'dashboard',
];
const FOUNDATION = ['config', 'common', 'database', 'languages'];

/** Room -> the rooms that it may import beside itself. */
const MAY_IMPORT = {
  config: [],
  common: ['config'],
  logging: ['config', 'common'],
  database: ['config', 'common'],
  languages: [],
  media: [],
  integrations: ['config', 'common', 'languages', 'media'],
  general: [...FOUNDATION, 'integrations'],
  sandbox: ['config', 'media'],
};
FEATURES.forEach((feature, at) => {
  MAY_IMPORT[feature] = [...FOUNDATION, 'integrations', ...FEATURES.slice(0, at)];
});
MAY_IMPORT.realtime.push('media');

/** Vendors' packages, which live behind the ports of src/integrations. */
const SDKS = ['twilio', 'openai', 'googleapis', 'google-auth-library', '@google', '@googleapis', '@aws-sdk', 'resend'];

const SPECS = '\\.spec\\.ts$|/(testing|spec-support)/';
const room = (name) => `^src/${name}/`;
const anyOf = (names) => `^src/(${names.join('|')})/`;

const rooms = Object.entries(MAY_IMPORT).map(([name, allowed]) => ({
  name: `${name}-imports`,
  comment: `${name} may import ${allowed.length === 0 ? 'no other room' : allowed.join(', ')}.`,
  severity: 'error',
  from: { path: room(name), pathNot: SPECS },
  to: { path: '^(src|test|migrations|scripts)/', pathNot: anyOf([name, ...allowed]) },
}));

module.exports = {
  forbidden: [
    ...rooms,
    {
      name: 'room-in-the-plan',
      comment: 'A new room takes its place in the order of the arrows: name it in this file.',
      severity: 'error',
      from: {},
      to: { path: '^src/[^/]+/', pathNot: anyOf(Object.keys(MAY_IMPORT)) },
    },
    {
      name: 'no-circles',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'media-is-plain',
      comment: 'The hot path knows no framework, no SDK, no system: what it needs is handed to it.',
      severity: 'error',
      from: { path: room('media'), pathNot: SPECS },
      to: { pathNot: '^src/' },
    },
    {
      name: 'media-types-for-integrations',
      comment: 'Integrations speak the types of media; its code they leave alone.',
      severity: 'error',
      from: { path: room('integrations'), pathNot: SPECS },
      to: { path: room('media'), dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'port-not-adapter',
      comment: 'Everybody else sees the port of an integration (and its module), never an adapter.',
      severity: 'error',
      from: { path: '^src/', pathNot: `${room('integrations')}|${SPECS}` },
      to: { path: '^src/integrations/[^/]+/[^/]+/' },
    },
    {
      name: 'sdk-in-integrations',
      comment: 'SDKs, with their retries and errors, stay inside the adapters.',
      severity: 'error',
      from: { path: '^(src|scripts|migrations)/', pathNot: `${room('integrations')}|${SPECS}` },
      to: { path: `(^|node_modules/)(${SDKS.join('|')})(/|$)`, dependencyTypesNot: ['local'] },
    },
    {
      name: 'media-codecs-for-sandbox',
      comment: 'The sandbox knows the wire protocols, and shares with us what translates between bytes and samples.',
      severity: 'error',
      from: { path: room('sandbox'), pathNot: SPECS },
      to: { path: room('media'), pathNot: '^src/media/(g711|twilio-frames|openai-events|wire-json)\\.ts$' },
    },
    {
      name: 'sandbox-by-path',
      comment: 'The sandbox is a process of its own. It is started by its path and never loaded into the product.',
      severity: 'error',
      from: { path: '^(src|scripts|migrations)/', pathNot: `${room('sandbox')}|${SPECS}` },
      to: { path: room('sandbox') },
    },
    {
      name: 'dashboard-last',
      comment: 'Nobody imports the dashboard, which watches; only the list of rooms names it.',
      severity: 'error',
      from: { path: '^(src|scripts)/', pathNot: `${room('dashboard')}|^src/app\\.module\\.ts$|${SPECS}` },
      to: { path: room('dashboard') },
    },
    {
      name: 'migrations-stand-still',
      comment: 'A migration says today what it will say in a year: it imports the words of isolation and nothing else.',
      severity: 'error',
      from: { path: '^migrations/' },
      to: { path: '^(src|test|scripts|migrations)/', pathNot: '^src/database/row-level-security\\.ts$' },
    },
    {
      name: 'no-barrels',
      comment: 'Import the file.',
      severity: 'error',
      from: {},
      to: { path: '/index\\.ts$', pathNot: 'node_modules' },
    },
    {
      name: 'no-tests-in-the-product',
      severity: 'error',
      from: { path: '^(src|scripts|migrations)/', pathNot: SPECS },
      to: { path: `^test/|${SPECS}`, pathNot: 'node_modules' },
    },
    {
      name: 'no-dev-packages-in-the-product',
      severity: 'error',
      from: { path: '^(src|scripts|migrations)/', pathNot: SPECS },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'], pathNot: '/@types/' },
    },
    {
      name: 'only-declared-packages',
      comment: 'A package that is here because another one brought it may be gone tomorrow.',
      severity: 'error',
      from: { path: '^(src|scripts|migrations)/' },
      to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown'] },
    },
    {
      name: 'resolvable',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(dist|web|coverage|data)/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['require', 'node', 'default', 'types'] },
    reporterOptions: { text: { highlightFocused: true } },
  },
};
