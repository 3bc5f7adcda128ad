/**
 * The thread that runs the speech engine, so that synthesis never holds up the 20 ms pacing of a phone line.
 * It is source text because the thread must start alike from compiled JavaScript and from the test runner, which
 * keeps its own module system.
 *
 * The engine is a WASI command: `flite -t <text> -o <file>`, one instance a sentence, because `main` runs only once.
 * The dozen system calls that it imports are answered here, from memory. Node's own `node:wasi` is not used: on
 * Node 20 its native calls crash the process (SIGSEGV) after some thirty sentences, once V8 has optimised them, and
 * it would need a folder on disk.
 */
export const FLITE_WORKER_SOURCE = String.raw`
'use strict';
const { parentPort, workerData } = require('node:worker_threads');
const { readFileSync } = require('node:fs');

const OK = 0, BAD_FD = 8, NOT_FOUND = 44;
const DIRECTORY = 3, REGULAR_FILE = 4;
const STDIN = 0, STDOUT = 1, STDERR = 2, FOLDER = 3;
const FOLDER_NAME = Buffer.from('/out');

const engine = new WebAssembly.Module(readFileSync(workerData.enginePath));

class Exit extends Error {
  constructor(code) {
    super('the speech engine ended with code ' + code);
    this.code = code;
  }
}

class MemoryFile {
  constructor() {
    this.bytes = Buffer.alloc(64 * 1024);
    this.length = 0;
    this.position = 0;
  }
  write(chunk) {
    const end = this.position + chunk.length;
    if (end > this.bytes.length) {
      const larger = Buffer.alloc(Math.max(end, this.bytes.length * 2));
      this.bytes.copy(larger, 0, 0, this.length);
      this.bytes = larger;
    }
    this.bytes.set(chunk, this.position);
    this.position = end;
    this.length = Math.max(this.length, end);
  }
  content() {
    return this.bytes.subarray(0, this.length);
  }
}

function run(args) {
  const words = ['flite', ...args].map((word) => Buffer.from(word + '\0', 'latin1'));
  const open = new Map([[STDIN, new MemoryFile()], [STDOUT, new MemoryFile()], [STDERR, new MemoryFile()]]);
  const stdout = open.get(STDOUT);
  let output;
  let memory;
  const view = () => new DataView(memory.buffer);
  const vectors = (at, count) => {
    const data = view();
    return Array.from({ length: count }, (_, i) =>
      new Uint8Array(memory.buffer, data.getUint32(at + i * 8, true), data.getUint32(at + i * 8 + 4, true)));
  };
  const system = {
    args_sizes_get(count, bytes) {
      view().setUint32(count, words.length, true);
      view().setUint32(bytes, words.reduce((sum, word) => sum + word.length, 0), true);
      return OK;
    },
    args_get(pointers, bytes) {
      let at = bytes;
      words.forEach((word, i) => {
        view().setUint32(pointers + i * 4, at, true);
        new Uint8Array(memory.buffer).set(word, at);
        at += word.length;
      });
      return OK;
    },
    clock_time_get(_clock, _precision, at) {
      view().setBigUint64(at, 0n, true);
      return OK;
    },
    fd_close(fd) {
      open.delete(fd);
      return OK;
    },
    fd_fdstat_get(fd, at) {
      if (fd !== FOLDER && !open.has(fd)) return BAD_FD;
      const data = view();
      data.setUint8(at, fd === FOLDER ? DIRECTORY : REGULAR_FILE);
      data.setUint16(at + 2, 0, true);
      data.setBigUint64(at + 8, 0xffffffffffffffffn, true);
      data.setBigUint64(at + 16, 0xffffffffffffffffn, true);
      return OK;
    },
    fd_fdstat_set_flags: () => OK,
    fd_prestat_get(fd, at) {
      if (fd !== FOLDER) return BAD_FD;
      view().setUint32(at, 0, true);
      view().setUint32(at + 4, FOLDER_NAME.length, true);
      return OK;
    },
    fd_prestat_dir_name(fd, at, length) {
      if (fd !== FOLDER) return BAD_FD;
      new Uint8Array(memory.buffer).set(FOLDER_NAME.subarray(0, length), at);
      return OK;
    },
    fd_read(_fd, _vectors, _count, read) {
      view().setUint32(read, 0, true);
      return OK;
    },
    fd_seek(fd, offset, whence, at) {
      const file = open.get(fd);
      if (!file) return BAD_FD;
      const base = [0, file.position, file.length][whence] || 0;
      file.position = base + Number(offset);
      view().setBigUint64(at, BigInt(file.position), true);
      return OK;
    },
    fd_write(fd, at, count, written) {
      const file = open.get(fd);
      if (!file) return BAD_FD;
      let total = 0;
      for (const chunk of vectors(at, count)) {
        file.write(chunk);
        total += chunk.length;
      }
      view().setUint32(written, total, true);
      return OK;
    },
    path_open(folder, _lookup, path, length, flags, _rights, _inherited, _status, at) {
      const CREATE = 1;
      const name = Buffer.from(memory.buffer, path, length).toString('latin1');
      if (folder !== FOLDER || name !== 'speech.wav' || !(flags & CREATE)) return NOT_FOUND;
      output = new MemoryFile();
      const fd = FOLDER + 1;
      open.set(fd, output);
      view().setUint32(at, fd, true);
      return OK;
    },
    proc_exit(code) {
      throw new Exit(code);
    },
  };
  const instance = new WebAssembly.Instance(engine, { wasi_snapshot_preview1: system });
  memory = instance.exports.memory;
  try {
    instance.exports._start();
  } catch (error) {
    if (!(error instanceof Exit) || error.code !== 0) throw error;
  }
  if (!output) throw new Error('the speech engine has written no audio');
  return { wav: Uint8Array.from(output.content()), phones: stdout.content().toString('latin1') };
}

function speak({ text, voice, features }) {
  const settings = Object.entries(features).flatMap(([name, value]) => ['--setf', name + '=' + value]);
  return run(['-voice', voice, ...settings, '-psdur', '-t', text, '-o', '/out/speech.wav']);
}

parentPort.on('message', ({ id, request }) => {
  try {
    const { wav, phones } = speak(request);
    parentPort.postMessage({ id, wav, phones }, [wav.buffer]);
  } catch (error) {
    parentPort.postMessage({ id, error: String(error && error.message ? error.message : error) });
  }
});
parentPort.postMessage({ ready: true });
`;
