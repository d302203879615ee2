import type { CodeWriter } from './code.ts';
import type { Counter } from './counter.ts';
import type { EventLog } from './events.ts';
import type { GuestBytes } from './guest-bytes.ts';

/** Blocks that stand around a copied body beyond the loop itself. */
export const COPY_NESTING = 2;

/**
 * A loop whose body is copied: one charge pays for all copies, and whoever leaves earlier gets the rest back.
 *
 *     block $exit
 *       loop
 *         block $next BODY-1 refund br $exit end
 *         …
 *         block $next BODY-n br $exit end
 *         br 0
 *       end
 *       unreachable
 *     end
 *
 * A branch to the loop goes to the end of its copy, by the same number of steps.
 */
export class CopiedLoop {
  private readonly w: CodeWriter;
  private readonly counter: Counter;
  private readonly guest: GuestBytes;
  private readonly events: EventLog;
  /** Of the loop whose body is being copied, or -1. */
  label = -1;
  event = -1;
  /** Price of one copy. */
  private units = 0;
  /** First use of a declared local in it. */
  private use = 0;
  /** Copies still to come. */
  private left = 0;
  /** Units that may be charged without a check where some copy leaves the loop by its end. */
  private since = 0;

  constructor(w: CodeWriter, counter: Counter, guest: GuestBytes, events: EventLog) {
    this.w = w;
    this.counter = counter;
    this.guest = guest;
    this.events = events;
  }

  /** Units that were paid for copies still to come. */
  get prepaid(): number {
    return this.units * this.left;
  }

  open(event: number, bytes: Uint8Array): void {
    const { w, events } = this;
    const count = events.edge[event] as number;
    this.label = events.a[event] as number;
    this.event = event;
    this.units = events.charge[event] as number;
    this.use = this.guest.use;
    this.left = count - 1;
    this.since = 0;
    w.u8(0x02);
    w.copy(bytes, (events.pos[event] as number) + 1, events.next[event] as number);
    w.bytes([0x03, 0x40]);
    this.counter.enterLoop(this.units * count);
    w.bytes([0x02, 0x40]);
  }

  /** Ends one copy; true where another one follows. */
  close(fallsThrough: boolean): boolean {
    const { w, counter } = this;
    if (fallsThrough) {
      counter.charge(-this.prepaid);
      this.since = Math.max(this.since, counter.sinceCheck);
      w.bytes([0x0c, COPY_NESTING]);
    }
    w.u8(0x0b);
    if (this.left > 0) {
      this.left--;
      this.guest.use = this.use;
      w.bytes([0x02, 0x40]);
      return true;
    }
    w.bytes([0x0c, 0x00, 0x0b, 0x00, 0x0b]);
    counter.arrive(this.since);
    this.label = -1;
    return false;
  }
}
