/** Network requests of a guest. None is granted yet: each is recorded and refused with its interface's own error. */
import { ProtocolViolation, WasiError } from './wasi-error.ts';

export interface NetworkDenial {
  readonly operation: string;
  readonly target: string;
  readonly rule: string;
}

const RULE = 'this version of the engine grants no network access';

export class NetworkBroker {
  readonly #onDenial: (denial: NetworkDenial) => void;

  constructor(onDenial: (denial: NetworkDenial) => void) {
    this.#onDenial = onDenial;
  }

  call(op: string, args: readonly unknown[]): never {
    const [first = '', second = '', third = ''] = args.map((arg) => {
      if (typeof arg !== 'string') throw new ProtocolViolation(`${op.slice(0, 64)}: bad argument`);
      return arg;
    });
    switch (op) {
      case 'net.http':
        this.#onDenial({
          operation: 'http request',
          target: `${first}://${second}${third}`,
          rule: RULE,
        });
        throw new WasiError('HTTP-request-denied');
      case 'net.resolve':
        this.#onDenial({ operation: 'name lookup', target: first, rule: RULE });
        throw new WasiError('access-denied');
      case 'net.socket':
        this.#onDenial({ operation: `${first} socket`, target: second, rule: RULE });
        throw new WasiError('access-denied');
      default:
        throw new ProtocolViolation(`unknown operation ${op.slice(0, 64)}`);
    }
  }
}
