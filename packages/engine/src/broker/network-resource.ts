/** What the isolate holds a handle of: it can be waited for, and closed. */
export type Interest = 'ready' | 'read' | 'write';

export interface NetworkResource {
  /** Whether the next step of that kind would do anything but say "not yet". */
  ready(interest: Interest): boolean;
  /** Gives everything back. Idempotent. */
  close(): void;
}

/** Bytes in both directions, with bounded buffers. Failures are thrown as `WasiError` of the interface's own code. */
export interface ByteStream extends NetworkResource {
  /** At most `length` bytes; none when none are there yet; `end` behind the last. */
  read(length: number): Uint8Array | 'end';
  /** How many bytes are free in the buffer of what is written; less than none when framing has filled it. */
  room(): number;
  write(bytes: Uint8Array): void;
  /** Whether all that was written has gone to the operating system. */
  flushed(): boolean;
  /** Whom it leads to, for denials. */
  readonly peer: string;
}

/** Bytes that a connection holds for a slow receiver, in either direction. */
export const BUFFER_BYTES = 64 * 1024;
