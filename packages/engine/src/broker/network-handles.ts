/** The handles of one invocation: numbers that the isolate holds for what lives here. */
import type { Interest, NetworkResource } from './network-resource.ts';
import { ProtocolViolation, WasiError } from './wasi-error.ts';

const interests: readonly Interest[] = ['ready', 'read', 'write'];

export class NetworkHandles {
  readonly #resources = new Map<number, NetworkResource>();
  readonly #limit: number;
  readonly #onFull: () => void;
  #next = 1;

  /** @param onFull called when the guest wanted more than `limit` */
  constructor(limit: number, onFull: () => void) {
    this.#limit = limit;
    this.#onFull = onFull;
  }

  /** @throws WasiError when there is no room for one more */
  room(code = 'new-socket-limit'): void {
    if (this.#resources.size < this.#limit) return;
    this.#onFull();
    throw new WasiError(code);
  }

  add(resource: NetworkResource): number {
    const handle = this.#next;
    this.#next += 1;
    this.#resources.set(handle, resource);
    return handle;
  }

  /** An honest isolate never names a handle that it does not hold, nor one of another kind. */
  get<T extends NetworkResource>(handle: number, kind: abstract new (...args: never[]) => T): T {
    const resource = this.#resources.get(handle);
    if (!(resource instanceof kind)) throw new ProtocolViolation(`no such handle: ${handle}`);
    return resource;
  }

  any(handle: number): NetworkResource {
    const resource = this.#resources.get(handle);
    if (resource === undefined) throw new ProtocolViolation(`no such handle: ${handle}`);
    return resource;
  }

  drop(handle: number): void {
    this.any(handle).close();
    this.#resources.delete(handle);
  }

  /** @param wanted pairs of a handle and what is waited for, as they came over the wire */
  waits(wanted: readonly unknown[]): readonly (readonly [NetworkResource, Interest])[] {
    // Each handle can be waited for in three ways, and is named once for each.
    if (wanted.length > interests.length * this.#limit)
      throw new ProtocolViolation('net.wait: too many');
    return wanted.map((value) => {
      const [handle, what] = Array.isArray(value) ? (value as unknown[]) : [];
      const interest = interests.find((known) => known === what);
      if (typeof handle !== 'number' || interest === undefined)
        throw new ProtocolViolation('net.wait: bad pair');
      return [this.any(handle), interest];
    });
  }

  close(): void {
    for (const resource of this.#resources.values()) resource.close();
    this.#resources.clear();
  }
}
