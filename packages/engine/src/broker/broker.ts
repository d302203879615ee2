/** The powerful side of one invocation: judges every request by the effective grants, then acts. */
import type { InvokeMessage } from '../isolate/messages.ts';
import type { Answer, RequestHandler } from '../isolate/process.ts';
import { BLOB_BYTES } from '../isolate/wire.ts';
import { CredentialBroker, type BrokerCredential } from './credentials.ts';
import type { CredentialDenial } from './credential-denial.ts';
import {
  FilesystemBroker,
  type FilesystemAuthority,
  type FilesystemDenial,
  type FilesystemLimits,
} from './filesystem.ts';
import type { FilesWritten } from './filesystem-written.ts';
import type { NetworkDenial } from './network-denial.ts';
import { NetworkBroker, type NetworkOptions } from './network.ts';
import { ProtocolViolation, WasiError } from './wasi-error.ts';

/** A refused access as the broker saw it; `authority/` adds the manifest lines that would allow it. */
export type RawDenial =
  | { readonly area: 'interface'; readonly name: string }
  | ({ readonly area: 'filesystem' } & FilesystemDenial)
  | ({ readonly area: 'network' } & NetworkDenial)
  | ({ readonly area: 'credential' } & CredentialDenial);

/** `more`: of further different ones, of which this is the first. */
export type CountedDenial = RawDenial & { readonly count: number; readonly more?: boolean };

/** Asks the embedder's thread; the bytes are JSON in both directions. */
export type CallHost = (name: string, fn: string, bytes: Uint8Array) => Promise<Uint8Array>;

export interface BrokerOptions {
  /** Names of the granted interfaces of the embedder. */
  readonly interfaces?: readonly string[];
  readonly filesystem: FilesystemAuthority;
  readonly limits: FilesystemLimits;
  readonly network: NetworkOptions;
  /** Values that this invocation may use; they are overwritten when it ends. Default: none. */
  readonly credentials?: readonly BrokerCredential[] | undefined;
}

/** A budget that the guest used up; each has an error code of its own. */
export interface SpentBudget {
  readonly code: 'DISK_LIMIT' | 'HANDLE_LIMIT' | 'NETWORK_LIMIT';
  readonly what: string;
}

/** Distinct denials that are kept; more are only counted, together. */
const DENIALS = 64;

export class Broker implements RequestHandler {
  readonly #options: BrokerOptions;
  readonly #callHost: CallHost | undefined;
  readonly #limits: FilesystemLimits;
  readonly #filesystem: FilesystemBroker;
  readonly #networkOptions: NetworkOptions;
  /** Made when it is first asked: most invocations never do. */
  #network: NetworkBroker | undefined;
  /** Only where the invocation has credentials. */
  readonly credentials: CredentialBroker | undefined;
  readonly #denials = new Map<string, { denial: RawDenial; count: number }>();
  #more: { denial: RawDenial; count: number } | undefined;

  constructor(options: BrokerOptions, callHost?: CallHost) {
    this.#options = options;
    this.#callHost = callHost;
    this.#limits = options.limits;
    this.#filesystem = new FilesystemBroker(options.filesystem, options.limits, (denial) =>
      this.#deny({ area: 'filesystem', ...denial }),
    );
    this.#networkOptions = options.network;
    if (options.credentials !== undefined && options.credentials.length > 0) {
      this.credentials = new CredentialBroker(options.credentials, (denial) =>
        this.#deny({ area: 'credential', ...denial }),
      );
    }
  }

  /** A call of an interface of the embedder: judged here, answered on its thread. */
  #callInterface(args: readonly unknown[], bytes: Uint8Array): Answer | Promise<Answer> {
    const [name, fn] = args;
    if (args.length !== 2 || typeof name !== 'string' || typeof fn !== 'string') {
      throw new ProtocolViolation('iface.call: bad arguments');
    }
    if (!this.#options.interfaces?.includes(name)) {
      this.#deny({ area: 'interface', name });
      return { error: 'access' };
    }
    if (bytes.length > BLOB_BYTES || !this.#callHost) return { error: 'too-large' };
    return this.#callHost(name, fn, bytes.slice()).then((answer) => ({
      value: null,
      bytes: answer,
    }));
  }

  request(op: string, args: readonly unknown[], bytes: Uint8Array): Answer | Promise<Answer> {
    try {
      if (op === 'fs.write' || op === 'fs.append') {
        this.credentials?.refuseIn(bytes, 'the content of a file', 'a file', 'not-permitted');
      }
      if (op === 'iface.call') return this.#callInterface(args, bytes);
      if (op.startsWith('fs.')) return this.#filesystem.call(op, args, bytes);
      if (op.startsWith('net.')) {
        this.#network ??= new NetworkBroker(
          this.#networkOptions,
          (denial) => this.#deny({ area: 'network', ...denial }),
          this.credentials,
        );
        const answer = this.#network.call(op, args, bytes);
        return answer instanceof Promise ? answer.catch(failure) : answer;
      }
    } catch (error) {
      return failure(error);
    }
    throw new ProtocolViolation(`unknown operation ${op.slice(0, 64)}`);
  }

  get preopens(): InvokeMessage['preopens'] {
    return this.#filesystem.preopens;
  }

  get denials(): readonly CountedDenial[] {
    const kept = [...this.#denials.values()].map(({ denial, count }) => ({ ...denial, count }));
    const more = this.#more && { ...this.#more.denial, count: this.#more.count, more: true };
    return more ? [...kept, more] : kept;
  }

  get filesWritten(): FilesWritten {
    return this.#filesystem.filesWritten;
  }

  /** The first budget that did not suffice, if one didn't. */
  get spent(): SpentBudget | undefined {
    const { limitsHit } = this.#filesystem;
    if (limitsHit.has('disk')) {
      return {
        code: 'DISK_LIMIT',
        what: `${this.#limits.diskBytes} bytes of disk (resources.disk)`,
      };
    }
    if (limitsHit.has('handles')) {
      return { code: 'HANDLE_LIMIT', what: `${this.#limits.handles} open files and directories` };
    }
    if (limitsHit.has('directory-entries')) {
      return { code: 'HANDLE_LIMIT', what: `${this.#limits.directoryEntries} directory entries` };
    }
    const what = this.#network?.spent;
    return what === undefined ? undefined : { code: 'NETWORK_LIMIT', what };
  }

  close(): void {
    this.#filesystem.close();
    this.#network?.close();
    this.credentials?.close();
  }

  #deny(denial: RawDenial): void {
    const key = JSON.stringify(denial);
    const known = this.#denials.get(key);
    if (known) known.count += 1;
    else if (this.#denials.size < DENIALS) this.#denials.set(key, { denial, count: 1 });
    else if (this.#more) this.#more.count += 1;
    else this.#more = { denial, count: 1 };
  }
}

function failure(error: unknown): Answer {
  if (error instanceof WasiError) return { error: error.code };
  throw error;
}
