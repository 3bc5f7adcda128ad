import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { api, SignedUp, signUp } from '../../support/api';
import { CAN_PIN, leaveTheRelaysCore } from '../cores';
import { median } from '../driver/latency-histogram';
import { startBenchDatabase } from './bench-database';
import { load } from './http-load';
import { MeasuredServer, startMeasured } from './measured-server';

/** The product may use this many times the CPU of a bare Fastify and `pg` server for the same read. */
const GOAL = 2.5;

const RUNS = 3;
const WARM_UP_MS = 1_500;
const MEASURED_MS = 3_000;
const CONNECTIONS = 8;
const POOL_SIZE = 20;

const REGISTER = join(__dirname, '..', '..', 'support', 'swc-register.cjs');

/** Nobody is dialled: the real adapters are made, and never asked. */
const PROVIDERS = {
  TWILIO_ACCOUNT_SID: `AC${'0'.repeat(32)}`,
  TWILIO_AUTH_TOKEN: 'bench-auth-token',
  TWILIO_PHONE_NUMBER: '+12025550000',
  OPENAI_API_KEY: 'sk-bench',
  SANDBOX: 'false',
};

interface Figures {
  cpuMicroseconds: number;
  perSecond: number;
  p50Ms: number;
  p99Ms: number;
}

interface Read {
  name: string;
  paths: string[];
}

interface Comparison {
  read: string;
  bare: Figures;
  product: Figures;
  /** CPU of the product over that of the bare server: the median of the runs, each with its own pair. */
  ratio: number;
  ratios: number[];
  isMet: boolean;
}

interface Servers {
  bare: MeasuredServer;
  product: MeasuredServer;
  user: SignedUp;
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      json: { type: 'boolean', default: false },
      dist: { type: 'string', default: 'dist' },
      profile: { type: 'string' },
      read: { type: 'string', default: '' },
    },
  });
  leaveTheRelaysCore();
  const database = await startBenchDatabase();
  const running: MeasuredServer[] = [];
  const start = async (...options: Parameters<typeof startMeasured>) => {
    const server = await startMeasured(...options);
    running.push(server);
    return server;
  };
  try {
    const env = {
      PATH: process.env.PATH,
      NODE_PATH: process.env.NODE_PATH,
      DATABASE_URL: database.url,
      DATABASE_POOL_SIZE: String(POOL_SIZE),
    };
    const profiling = (name: string) =>
      values.profile === undefined ? [] : ['--cpu-prof', '--cpu-prof-dir', join(values.profile, name)];
    const product = await start({
      script: join(values.dist, 'src', 'main.js'),
      nodeArgs: profiling('product'),
      env: {
        ...env,
        ...PROVIDERS,
        NODE_ENV: 'production',
        HOST: '127.0.0.1',
        PUBLIC_URL: 'https://bench.example.com',
        SECRET_KEY: randomBytes(32).toString('base64url'),
        ENCRYPTION_KEY: randomBytes(32).toString('base64'),
        // Counted like any other request, and never refused.
        RATE_LIMIT_DEFAULT: '1000000',
      },
      readyPath: '/health/live',
    });
    const user = await signUp(`http://127.0.0.1:${product.port}`);
    const ids = await database.seed(user.userId);
    const bare = await start({
      script: join(__dirname, 'bare-server.ts'),
      nodeArgs: [...profiling('bare'), '--require', REGISTER],
      env: {
        ...env,
        NODE_ENV: 'production',
        DATABASE_URL: database.addressOf(user.userId),
        BENCH_USER_ID: String(user.userId),
      },
      readyPath: '/ready',
    });
    const reads: Read[] = [
      { name: 'GET /calls/{id}', paths: ids.map((id) => `/calls/${id}`) },
      { name: 'GET /calls?limit=20', paths: ['/calls?limit=20'] },
    ];
    const chosen = reads.filter(({ name }) => name.includes(values.read));
    if (chosen.length === 0)
      throw new Error(`No read is called ${values.read}: ${reads.map(({ name }) => name).join(', ')}.`);
    const results = await compare({ bare, product, user }, chosen);
    console.log(values.json ? JSON.stringify({ goal: GOAL, isPinned: CAN_PIN, results }, null, 2) : tableOf(results));
    if (results.some(({ isMet }) => !isMet)) process.exitCode = 1;
  } finally {
    for (const server of running) await server.stop();
    await database.remove();
  }
}

async function compare(servers: Servers, reads: Read[]): Promise<Comparison[]> {
  for (const read of reads) await requireSameAnswers(servers, read);
  const runs = reads.map((read) => ({ read, bare: [] as Figures[], product: [] as Figures[] }));
  for (let run = 0; run < RUNS; run += 1) {
    for (const { read, ...figures } of runs) {
      // Taking turns at being first, so that what the machine does otherwise is not always the same one's trouble.
      const order = run % 2 === 0 ? (['bare', 'product'] as const) : (['product', 'bare'] as const);
      for (const which of order) figures[which].push(await measure(servers, which, read));
    }
  }
  return runs.map(({ read, bare, product }) => {
    const ratios = product.map(({ cpuMicroseconds }, run) => cpuMicroseconds / (bare[run]?.cpuMicroseconds ?? NaN));
    const ratio = median(ratios);
    return { read: read.name, bare: medians(bare), product: medians(product), ratio, ratios, isMet: ratio <= GOAL };
  });
}

/** What is not the same answer may not be compared. */
async function requireSameAnswers({ bare, product, user }: Servers, { name, paths: [path = ''] }: Read): Promise<void> {
  const [floor, ours] = await Promise.all(
    [bare, product].map(({ port }) => api(`http://127.0.0.1:${port}`).get(path, { token: user.token })),
  );
  const total = 'x-total-count';
  if (floor?.status !== 200 || floor.text !== ours?.text || floor.headers.get(total) !== ours.headers.get(total)) {
    throw new Error(`The servers differ in ${name}:\n${floor?.text.slice(0, 2000)}\n${ours?.text.slice(0, 2000)}`);
  }
}

async function measure(servers: Servers, which: 'bare' | 'product', { paths }: Read): Promise<Figures> {
  const server = servers[which];
  const request = {
    port: server.port,
    paths,
    // The bare server gets the header too: reading it is the same work for both.
    headers: { Authorization: `Bearer ${servers.user.token}` },
    connections: CONNECTIONS,
  };
  await load({ ...request, forMs: WARM_UP_MS });
  const before = await server.cpuMicroseconds();
  const { requests, tookMs, latenciesMs } = await load({ ...request, forMs: MEASURED_MS });
  const used = (await server.cpuMicroseconds()) - before;
  const at = (share: number) => latenciesMs[Math.floor((latenciesMs.length - 1) * share)] ?? NaN;
  return {
    cpuMicroseconds: used / requests,
    perSecond: (requests / tookMs) * 1000,
    p50Ms: at(0.5),
    p99Ms: at(0.99),
  };
}

function medians(runs: Figures[]): Figures {
  return {
    cpuMicroseconds: median(runs.map(({ cpuMicroseconds }) => cpuMicroseconds)),
    perSecond: median(runs.map(({ perSecond }) => perSecond)),
    p50Ms: median(runs.map(({ p50Ms }) => p50Ms)),
    p99Ms: median(runs.map(({ p99Ms }) => p99Ms)),
  };
}

function tableOf(results: Comparison[]): string {
  const line = (name: string, { cpuMicroseconds, perSecond, p50Ms, p99Ms }: Figures) =>
    `  ${name.padEnd(8)} ${cpuMicroseconds.toFixed(0).padStart(6)} µs CPU   ${perSecond.toFixed(0).padStart(6)}/s   ` +
    `p50 ${p50Ms.toFixed(2)} ms   p99 ${p99Ms.toFixed(2)} ms`;
  return [
    `CPU (user + system) per request, ${CONNECTIONS} connections, medians of ${RUNS} runs` +
      (CAN_PIN ? '' : '; nothing could be bound to a core, so expect noise'),
    ...results.flatMap(({ read, bare, product, ratio, ratios, isMet }) => [
      read,
      line('bare', bare),
      line('product', product),
      `  ratio    ${ratio.toFixed(2)} (${ratios.map((one) => one.toFixed(2)).join(', ')})   ` +
        `goal ${GOAL}: ${isMet ? 'met' : 'MISSED'}`,
    ]),
  ].join('\n');
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
