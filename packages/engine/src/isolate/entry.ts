/**
 * The isolate: a process without powers that runs one component, invocation by invocation.
 * Bundled into one script; everything that it needs of Node is taken here, before the realm is locked.
 */
import { Buffer } from 'node:buffer';
import { createCipheriv, type Cipheriv } from 'node:crypto';
import { Script } from 'node:vm';
import { FuelMeter, MeterStop } from '@skill-engine/metering';
import { createHost } from '../host/index.ts';
import { addInterfaces } from '../host/interfaces.ts';
import { ExitSignal, HostFault, HostSession, type HostPowers } from '../host/session.ts';
import { receive } from './channel.ts';
import { steppedClock, type Clock } from './clock.ts';
import { harden } from './harden.ts';
import { lockRealm } from './lock.ts';
import { LoadedComponent } from './loaded.ts';
import type { InvokeMessage, LoadMessage, ReplyMessage, ResultMessage } from './messages.ts';
import { exchange, send, sendChunks } from './talk.ts';
import { FrameKind } from './wire.ts';

const exit = process.exit.bind(process);
const monotonicNow = process.hrtime.bigint.bind(process.hrtime);
const wallNow = Date.now;
const nextTurn = setImmediate;
const collectGarbage = (globalThis as { gc?: () => void }).gc;
const sleepCell = new Int32Array(new SharedArrayBuffer(4));
const wait = Atomics.wait;
const machineClock: Clock = {
  monotonicNow,
  wallNow,
  sleep: (milliseconds) => void wait(sleepCell, 0, 0, milliseconds),
};

/** Stack of the guest's own frames, as the meter estimates them: the same depth on every machine. */
const STACK_BYTES = 4 * 1024 * 1024;

/**
 * Bytes of guest memory, over finished invocations, after which their instances are collected. V8 does not see their
 * size in time, and the kernel's bound on the process would fall on an invocation that has done nothing wrong.
 */
const COLLECT_BYTES = 256 * 1024 * 1024;

lockRealm();
harden([globalThis, HostSession, HostFault, ExitSignal, FuelMeter, MeterStop, ...interfaces()]);

/** Every interface once, for its classes: they are shared by all invocations. Nobody calls these. */
function interfaces(): object[] {
  const session = new HostSession(
    powers('', machineClock, new FuelMeter({ fuel: 0n, memoryBytes: 0 })),
    {
      fuel: '0',
      memory: 0,
      output: 0,
      hostCalls: 0,
    },
  );
  const nothing = {
    arguments: [],
    environment: [],
    stdin: new Uint8Array(0),
    preopens: [],
    config: [],
  };
  return Object.values(createHost(session, nothing)) as object[];
}

let component: LoadedComponent | undefined;

/** Guest memory of finished invocations that may not have been collected. */
let finishedBytes = 0;

function ask(...[op, args, bytes]: Parameters<HostPowers['ask']>): ReturnType<HostPowers['ask']> {
  const frame = exchange(FrameKind.request, { op, args }, bytes);
  if (frame?.kind !== FrameKind.reply) exit(1);
  const reply = JSON.parse(frame!.json) as ReplyMessage;
  if ('error' in reply) throw reply.error;
  // A file's bytes go straight into the guest's memory; anything else may be kept, so it is copied.
  return { value: reply.value, bytes: op === 'fs.read' ? frame!.blob : frame!.blob.slice() };
}

function powers(seed: string, clock: Clock, meter: FuelMeter): HostPowers {
  // AES-256 in counter mode over zeros: the usual deterministic random bit generator.
  const key = Buffer.from(seed, 'hex');
  let stream: Cipheriv | undefined;
  return {
    ask,
    output: (target, bytes) => sendChunks(FrameKind.output, { stream: target }, bytes),
    ...clock,
    randomBytes: (length) => {
      stream ??= createCipheriv('aes-256-ctr', key, Buffer.alloc(16));
      return new Uint8Array(stream.update(Buffer.alloc(length)));
    },
    consume: (units) => meter.consume(units),
  };
}

function load(message: LoadMessage, blob: Uint8Array): void {
  component = new LoadedComponent(
    message,
    blob,
    (source) => new Script(source, { filename: 'component.js' }).runInThisContext() as unknown,
  );
}

function invoke(message: InvokeMessage, blob: Uint8Array): void {
  const inputEnd = blob.length - message.stdinBytes;
  const parameters = Buffer.from(blob.buffer, blob.byteOffset, inputEnd).toString('utf8');
  const { limits } = message;
  const meter = new FuelMeter({
    fuel: BigInt(limits.fuel),
    memoryBytes: limits.memory,
    stackBytes: STACK_BYTES,
  });
  const clock = message.clock ? steppedClock(message.clock) : machineClock;
  const session = new HostSession(powers(message.seed, clock, meter), limits);
  const imports = createHost(session, {
    arguments: message.arguments,
    environment: message.environment,
    stdin: blob.slice(inputEnd),
    preopens: message.preopens,
    config: message.config ?? [],
  });
  addInterfaces(imports, session, component!.wit);
  const { text, ...result } = component!.run(session, meter, imports, message, parameters);
  if (text !== undefined) sendChunks(FrameKind.resultPart, {}, Buffer.from(text, 'utf8'));
  send(FrameKind.result, result satisfies ResultMessage);
  finishedBytes += result.memoryPeakBytes;
}

/**
 * One frame a turn: whatever the glue left in the microtask queue has run when the isolate says that it is
 * ready, and what does not come to an end is never given another invocation.
 */
function turn(): void {
  if (finishedBytes >= COLLECT_BYTES) {
    collectGarbage?.();
    finishedBytes = 0;
  }
  send(FrameKind.ready, {});
  const frame = receive();
  if (frame === undefined) exit(0);
  const message = JSON.parse(frame!.json) as unknown;
  if (frame!.kind === FrameKind.load && !component) load(message as LoadMessage, frame!.blob);
  else if (frame!.kind === FrameKind.invoke && component) {
    invoke(message as InvokeMessage, frame!.blob);
  } else exit(1);
  nextTurn(turn);
}

nextTurn(turn);
