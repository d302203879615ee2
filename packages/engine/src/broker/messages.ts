/** What the engine's thread and the supervisor's thread say to each other. Both are ours; nothing here is checked. */
import type { CredentialUse } from '../execution.ts';
import type { End } from '../isolate/process.ts';
import type { Isolation } from '../isolate/level.ts';
import type { InvokeMessage, LoadMessage } from '../isolate/messages.ts';
import type { BrokerOptions, CountedDenial, SpentBudget } from './broker.ts';
import type { FilesWritten } from './filesystem-written.ts';

export interface PoolSpec {
  readonly load: { readonly message: LoadMessage; readonly blob: Uint8Array };
  readonly memoryBytes: number;
  readonly size: number;
  readonly isolation: Isolation;
}

export interface RunSpec {
  /** The supervisor adds the preopens, which the broker opens. */
  readonly message: Omit<InvokeMessage, 'preopens'>;
  readonly blob: Uint8Array;
  readonly timeoutMilliseconds: number;
  readonly broker: BrokerOptions;
}

export type ToSupervisor =
  | { readonly type: 'open'; readonly id: number; readonly pool: PoolSpec }
  | { readonly type: 'run'; readonly id: number; readonly pool: number; readonly run: RunSpec }
  | {
      readonly type: 'answer';
      readonly id: number;
      readonly call: number;
      readonly bytes: Uint8Array;
    }
  | { readonly type: 'cancel'; readonly id: number }
  | { readonly type: 'close-pool'; readonly id: number; readonly pool: number }
  | { readonly type: 'close'; readonly id: number };

export type RunResult = {
  readonly end: End | { readonly kind: 'queue-full' };
  readonly stdout: Uint8Array;
  readonly stderr: Uint8Array;
  readonly denials: readonly CountedDenial[];
  /** Absent where no guest ran. */
  readonly filesWritten?: FilesWritten | undefined;
  /** The budget of the network that did not suffice, if one didn't. */
  readonly spent?: SpentBudget | undefined;
  /** Names only, and the hosts that got them. */
  readonly credentialsUsed?: readonly CredentialUse[] | undefined;
};

/** A guest's call of an interface of the embedder. */
export interface HostCall {
  readonly interface: string;
  readonly function: string;
  readonly bytes: Uint8Array;
}

export type FromSupervisor =
  | { readonly id: number; readonly call: number; readonly request: HostCall }
  | { readonly id: number; readonly done: true }
  | { readonly id: number; readonly failed: End }
  | { readonly id: number; readonly result: RunResult };
