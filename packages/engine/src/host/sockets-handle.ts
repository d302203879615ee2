/** A handle of the network's broker, and byte streams over it. */
import { CLOSED, Pollable, type ByteSink, type ByteSource } from './io.ts';
import type { HostSession } from './session.ts';

type Interest = 'ready' | 'read' | 'write';

/** Shared by a resource and its streams: given back when the last of them is dropped. */
export class RemoteHandle {
  readonly session: HostSession;
  readonly number: number;
  #holders = 1;

  constructor(session: HostSession, number: unknown) {
    this.session = session;
    this.number = number as number;
  }

  ask(op: string, ...args: readonly unknown[]): unknown {
    return this.session.ask(`net.${op}`, [this.number, ...args]).value;
  }

  subscribe(interest: Interest): Pollable {
    this.session.enter();
    return new Pollable({
      session: this.session,
      ready: () => false,
      remote: [this.number, interest],
    });
  }

  hold(): this {
    this.#holders += 1;
    return this;
  }

  release(): void {
    this.#holders -= 1;
    if (this.#holders === 0) this.ask('drop');
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
