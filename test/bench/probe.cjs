// Preloaded into the process that is measured (node --require); what runs there knows nothing of it. Answers questions
// over the IPC channel of whoever has started the process.
const { Server } = require('node:http');
const { Session } = require('node:inspector');
const { Socket } = require('node:net');
const { constants, monitorEventLoopDelay, PerformanceObserver } = require('node:perf_hooks');

const RESOLUTION_MS = 10;
/** A leak warns over and over; the first few say all. */
const MAX_WARNINGS = 100;

// What belongs to a call and must be gone with it: each file with the class whose objects are counted.
const OF_A_CALL = {
  'src/realtime/conversation.js': 'Conversation',
  'src/realtime/write-behind.js': 'WriteBehind',
  'src/media/call-bridge.js': 'CallBridge',
  'src/media/model-line.js': 'ModelLine',
  'src/media/model-link.js': 'ModelLink',
  'src/common/line-socket.js': 'LineSocket',
};
const WEB_SOCKET = 'node_modules/ws/lib/websocket.js';
// What outlives calls, and gathers listeners when a call does not take its own away.
const EMITTERS = {
  WebSocketServer: 'node_modules/ws/lib/websocket-server.js',
  Pool: 'node_modules/pg-pool/index.js',
  Client: 'node_modules/pg/lib/client.js',
  EventBus: 'node_modules/eventemitter2/lib/eventemitter2.js',
};

if (process.env.BENCH_PROBE === '1' && process.send !== undefined) {
  // Processes that this one starts are none of ours.
  delete process.env.BENCH_PROBE;
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  let pauses = [];
  const warnings = [];
  const observer = new PerformanceObserver((list) => take(list.getEntries()));
  observer.observe({ entryTypes: ['gc'] });
  const take = (entries) => {
    for (const { duration, detail } of entries) {
      // Collections that the bench itself asks for are none of the product's.
      if ((detail.flags & constants.NODE_PERFORMANCE_GC_FLAGS_FORCED) !== 0) continue;
      pauses.push({ ms: duration, isMajor: detail.kind === constants.NODE_PERFORMANCE_GC_MAJOR });
    }
  };
  process.on('warning', ({ name, message }) => {
    if (warnings.length < MAX_WARNINGS) warnings.push(`${name}: ${message}`);
  });

  const read = () => ({
    atMs: performance.now(),
    cpu: process.cpuUsage(),
    memory: process.memoryUsage(),
    loop: performance.eventLoopUtilization(),
  });
  const answers = {
    /** Begins a stretch of measurement. */
    begin() {
      take(observer.takeRecords());
      pauses = [];
      delay.reset();
      delay.enable();
      return read();
    },
    /** Ends it. */
    end() {
      delay.disable();
      take(observer.takeRecords());
      // Beyond the interval at which Node looks: an idle loop has no delay.
      const ms = (ns) => (Number.isFinite(ns) ? Math.max(0, ns / 1e6 - RESOLUTION_MS) : 0);
      return {
        ...read(),
        delayMs: { p50: ms(delay.percentile(50)), p99: ms(delay.percentile(99)), max: ms(delay.max) },
        gcPausesMs: pauses.map((pause) => pause.ms),
        majorGcPausesMs: pauses.filter(({ isMajor }) => isMajor).map((pause) => pause.ms),
      };
    },
    read,
    /** Memory that is still in use after everything that can be collected is. */
    settle() {
      global.gc?.();
      global.gc?.();
      return read();
    },
    resources: () => ({ active: countActive(), listeners: listenersOf(process), warnings }),
    /** Collects all garbage and walks the heap: a second or more. */
    heap,
  };

  process.on('message', ({ id, ask }) => {
    try {
      process.send({ id, answer: answers[ask]() });
    } catch (error) {
      process.send({ id, error: String(error) });
    }
  });
  process.channel.unref();
  // Whoever measures is gone.
  process.once('disconnect', () => process.exit(1));
}

function countActive() {
  const counts = {};
  for (const name of process.getActiveResourcesInfo()) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}

function listenersOf(emitter) {
  const counts = {};
  for (const name of emitter.eventNames()) counts[String(name)] = emitter.listenerCount(name);
  return counts;
}

/**
 * What belongs to calls, counted on the heap after a garbage collection: unlike active resources, also what keeps no
 * process alive. And of each class that outlives calls, for each event, the listeners of the object that has most.
 */
function heap() {
  const counted = { Socket, Timeout: clearedTimeout().constructor, WebSocket: loaded(WEB_SOCKET) };
  for (const [file, name] of Object.entries(OF_A_CALL)) counted[name] = loaded(file)[name];
  const heard = { HttpServer: Server };
  for (const [name, file] of Object.entries(EMITTERS)) heard[name] = loaded(file);
  const everything = instancesOf(Object);
  const objects = {};
  for (const [name, type] of Object.entries(counted)) {
    objects[name] = everything.filter((one) => one instanceof type).length;
  }
  const listeners = {};
  for (const [name, type] of Object.entries(heard)) {
    for (const emitter of everything.filter((one) => one instanceof type)) {
      for (const [event, count] of Object.entries(listenersOf(emitter))) {
        const key = `${name} ${event}`;
        listeners[key] = Math.max(listeners[key] ?? 0, count);
      }
    }
  }
  return { objects, listeners };
}

/** What the product has loaded from there. A file that was moved must not leave the count without a word. */
function loaded(file) {
  const path = Object.keys(require.cache).find((one) => one.endsWith(`/${file}`));
  if (path === undefined) throw new Error(`${file}, whose objects the probe is to count, is not loaded.`);
  return require.cache[path].exports;
}

/** By the inspector: `queryObjects` of node:v8 only counts them, and warns of itself. */
function instancesOf(type) {
  const session = new Session();
  session.connect();
  const ask = (method, params) => {
    let answer;
    // Within one thread the inspector answers at once.
    session.post(method, params, (error, result) => {
      if (error !== null) throw new Error(`${method}: ${error.message}`);
      answer = result;
    });
    return answer;
  };
  const key = Symbol.for('bench.probe');
  try {
    globalThis[key] = { prototype: type.prototype };
    const path = "globalThis[Symbol.for('bench.probe')]";
    const { objectId: prototypeObjectId } = ask('Runtime.evaluate', { expression: `${path}.prototype` }).result;
    const { objectId } = ask('Runtime.queryObjects', { prototypeObjectId }).objects;
    const functionDeclaration = `function () { ${path}.found = [...this]; }`;
    ask('Runtime.callFunctionOn', { objectId, functionDeclaration });
    return globalThis[key].found;
  } finally {
    delete globalThis[key];
    session.disconnect();
  }
}

function clearedTimeout() {
  const timeout = setTimeout(() => undefined, 0);
  clearTimeout(timeout);
  return timeout;
}
