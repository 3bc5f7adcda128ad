// Preloaded into the process that is measured (node --require); what runs there knows nothing of it. Answers questions
// over the IPC channel of whoever has started the process.
const { Socket } = require('node:net');
const { monitorEventLoopDelay, PerformanceObserver } = require('node:perf_hooks');
const { queryObjects } = require('node:v8');

const RESOLUTION_MS = 10;

if (process.env.BENCH_PROBE === '1' && process.send !== undefined) {
  // Processes that this one starts are none of ours.
  delete process.env.BENCH_PROBE;
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  let pauses = [];
  const warnings = [];
  const observer = new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) pauses.push(entry.duration);
  });
  observer.observe({ entryTypes: ['gc'] });
  process.on('warning', ({ name, message }) => warnings.push(`${name}: ${message}`));

  const count = () => {
    const counts = {};
    for (const name of process.getActiveResourcesInfo()) counts[name] = (counts[name] ?? 0) + 1;
    return counts;
  };
  const listeners = () => {
    const counts = {};
    for (const name of process.eventNames()) counts[String(name)] = process.listenerCount(name);
    return counts;
  };
  // What belongs to a call and must be gone with it: each file of the product with the class whose objects are counted.
  const CLASSES = {
    'src/realtime/conversation.js': 'Conversation',
    'src/media/call-bridge.js': 'CallBridge',
    'src/media/model-line.js': 'ModelLine',
    'src/common/line-socket.js': 'LineSocket',
  };
  const Timeout = clearedTimeout().constructor;
  /** Counted on the heap, after a garbage collection: unlike active resources, also what keeps no process alive. */
  const objects = () => {
    const classes = { Socket, Timeout, WebSocket: require('ws').WebSocket };
    for (const [path, { exports }] of Object.entries(require.cache)) {
      const name = Object.entries(CLASSES).find(([file]) => path.endsWith(`/${file}`))?.[1];
      if (name !== undefined) classes[name] = exports[name];
    }
    return Object.fromEntries(Object.entries(classes).map(([name, type]) => [name, queryObjects(type)]));
  };
  const read = () => ({
    atMs: performance.now(),
    cpu: process.cpuUsage(),
    memory: process.memoryUsage(),
    loop: performance.eventLoopUtilization(),
  });
  const answers = {
    /** Begins a stretch of measurement. */
    begin() {
      pauses = [];
      delay.reset();
      delay.enable();
      return read();
    },
    /** Ends it. */
    end() {
      delay.disable();
      // Beyond the interval at which Node looks: an idle loop has no delay.
      const ms = (ns) => (Number.isFinite(ns) ? Math.max(0, ns / 1e6 - RESOLUTION_MS) : 0);
      return {
        ...read(),
        delayMs: { p50: ms(delay.percentile(50)), p99: ms(delay.percentile(99)), max: ms(delay.max) },
        gcPausesMs: pauses,
      };
    },
    read,
    /** Memory that is still in use after everything that can be collected is. */
    settle() {
      global.gc?.();
      global.gc?.();
      return read();
    },
    resources: () => ({ active: count(), listeners: listeners(), warnings }),
    /** Walks the heap once for each class: seconds. */
    objects,
  };

  process.on('message', ({ id, ask }) => {
    const answer = answers[ask];
    if (answer !== undefined) process.send({ id, answer: answer() });
  });
  process.channel.unref();
  // Whoever measures is gone.
  process.once('disconnect', () => process.exit(1));
}

function clearedTimeout() {
  const timeout = setTimeout(() => undefined, 0);
  clearTimeout(timeout);
  return timeout;
}
