/** A process in an isolate's place that speaks the wire by hand: what a lost isolate could do, and worse. */
import { spawn, type ChildProcess } from 'node:child_process';
import type { LoadMessage, InvokeMessage } from '../../packages/engine/src/isolate/messages.ts';
import { IsolatePool } from '../../packages/engine/src/isolate/pool.ts';
import type { Finished, RequestHandler } from '../../packages/engine/src/isolate/process.ts';
import { FrameKind } from '../../packages/engine/src/isolate/wire.ts';

/** What every script can use: the frame kinds, `send`, `raw`, `receive`, `spin`. */
const prelude = `
const { readSync, writeSync } = require('node:fs');
const Kind = ${JSON.stringify(FrameKind)};
const raw = (bytes) => { for (let at = 0; at < bytes.length; ) at += writeSync(3, bytes, at); };
const frame = (kind, json = {}, blob = Buffer.alloc(0)) => {
  const text = Buffer.from(typeof json === 'string' ? json : JSON.stringify(json));
  const head = Buffer.alloc(9);
  head.writeUInt32LE(5 + text.length + blob.length, 0);
  head[4] = kind;
  head.writeUInt32LE(text.length, 5);
  return Buffer.concat([head, text, blob]);
};
const send = (...args) => raw(frame(...args));
const exactly = (length) => {
  const bytes = Buffer.alloc(length);
  for (let at = 0; at < length; ) {
    const count = readSync(3, bytes, at, length - at, null);
    if (count === 0) process.exit(0);
    at += count;
  }
  return bytes;
};
const receive = () => {
  const body = exactly(exactly(4).readUInt32LE(0));
  const end = 5 + body.readUInt32LE(1);
  return { kind: body[0], message: JSON.parse(body.subarray(5, end)), blob: body.subarray(end) };
};
const spin = () => { for (;;); };
const result = (outcome = { kind: 'value' }) => ({ outcome, fuelUsed: '1', memoryPeakBytes: 0, hostCalls: 0 });
const load = () => { send(Kind.ready); receive(); send(Kind.ready); };
const answer = (text) => Buffer.concat([frame(Kind.resultPart, {}, Buffer.from(text)), frame(Kind.result, result())]);
const give = (text) => { raw(answer(text)); send(Kind.ready); };
`;

function start(script: string): ChildProcess {
  return spawn(process.execPath, ['--no-warnings', '-e', prelude + script], {
    env: {},
    detached: true,
    stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
  });
}

const load: { message: LoadMessage; blob: Uint8Array } = {
  message: { shape: 'native', exportName: 'none', glueBytes: 0, modules: [] },
  blob: new Uint8Array(0),
};

const message: InvokeMessage = {
  tool: 'run',
  list: false,
  arguments: [],
  environment: [],
  stdinBytes: 0,
  seed: '00'.repeat(32),
  preopens: [],
  limits: { fuel: '1', memory: 1, output: 1, hostCalls: 1 },
};

/** One script for each process that the pool starts; the last one serves for all further ones. */
export function fakePool(scripts: readonly string[], size = 1): IsolatePool {
  let started = 0;
  return new IsolatePool({
    load,
    memoryBytes: 1024,
    size,
    start: () => start(scripts[Math.min(started++, scripts.length - 1)]!),
  });
}

/** A script that answers every invocation soundly. */
export const sound = `load(); for (;;) { receive(); give('"sound"'); }`;

export interface Attempt {
  readonly outputLimit?: number;
  readonly timeoutMilliseconds?: number;
  readonly handler?: RequestHandler;
}

export function invoke(pool: IsolatePool, attempt: Attempt = {}): Promise<Finished> {
  return pool.run({
    timeoutMilliseconds: attempt.timeoutMilliseconds ?? 30_000,
    invocation: {
      message,
      blob: new Uint8Array(0),
      outputLimit: attempt.outputLimit ?? 1024 * 1024,
      handler: attempt.handler ?? { request: () => ({ value: null }) },
    },
  }).finished;
}
