/** A handle of the network's broker, and byte streams over it. */
import { CLOSED, Pollable, type ByteSink, type ByteSource } from './io.ts';
import type { HostSession } from './session.ts';

type Interest = 'ready' | 'read' | 'write';

/** Spent handles that wait to go along with the next request. */
const WAITING = 16;

const spent = new WeakMap<HostSession, number[]>();

function spentHandles(session: HostSession): number[] {
  const waiting = spent.get(session) ?? [];
  spent.set(session, waiting);
  return waiting;
}

/** What waits, for a request that carries it. */
export function takeSpent(session: HostSession): number[] {
  const waiting = spentHandles(session);
  spent.delete(session);
  return waiting;
}

/** Shared by a resource and its streams: given back when the last of them is dropped. */
export class RemoteHandle {
  readonly session: HostSession;
  readonly number: number;
  #holders = 1;
  #spent = false;

  constructor(session: HostSession, number: unknown) {
    this.session = session;
    this.number = number as number;
  }

  ask(op: string, ...args: readonly unknown[]): unknown {
    return this.session.ask(`net.${op}`, [this.number, ...args]).value;
  }

  /** A pollable is its resource's child: one that outlives it traps. */
  subscribe(interest: Interest, settle?: () => void): Pollable {
    this.session.enter();
    const remote = (): [number, Interest] => {
      if (this.#holders === 0) throw new RangeError('a pollable outlived its resource');
      return [this.number, interest];
    };
    return new Pollable({
      session: this.session,
      ready: () => false,
      get remote() {
        return remote();
      },
      ...(settle ? { settle } : {}),
    });
  }

  hold(): this {
    this.#holders += 1;
    return this;
  }

  release(): void {
    this.#holders -= 1;
    if (this.#holders > 0) return;
    const waiting = spentHandles(this.session);
    if (!this.#spent || waiting.length >= WAITING) this.ask('drop');
    else waiting.push(this.number);
  }

  /** Nothing is open behind it any longer: that it is dropped may be told later. */
  spend(): void {
    this.#spent = true;
  }
}

export function remoteSource(handle: RemoteHandle): ByteSource {
  handle.hold();
  const read = (length: number, blocking: boolean): Uint8Array => {
    const { value, bytes } = handle.session.ask('net.read', [handle.number, length, blocking]);
    if (value === 'end') throw CLOSED;
    return bytes;
  };
  return {
    read: (length) => read(length, false),
    blockingRead: (length) => read(length, true),
    subscribe: () => handle.subscribe('read'),
    close: () => handle.release(),
  };
}

export function remoteSink(handle: RemoteHandle): ByteSink {
  handle.hold();
  const write = (bytes: Uint8Array, blocking: boolean) => {
    handle.session.ask('net.write', [handle.number, blocking], bytes);
  };
  return {
    permit: () => handle.ask('permit') as number,
    write: (bytes) => write(bytes, false),
    writeAndFlush: (bytes) => write(bytes, true),
    blockingFlush: () => void handle.ask('flush'),
    subscribe: () => handle.subscribe('write'),
    close: () => handle.release(),
  };
}
