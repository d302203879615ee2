/**
 * A function body seen as the few places that matter to the meter: control flow, calls, and instructions that are
 * rewritten. Everything between two events is copied as it stands. All functions of a module share one log, in
 * parallel typed arrays, because a large module has millions of events.
 */

/** Kinds of events. */
export const EV = {
  loop: 1,
  if: 2,
  else: 3,
  end: 4,
  br: 5,
  brIf: 6,
  brTable: 7,
  /** Leaves the function: `return`. */
  return: 8,
  /** `return_call` and its kin. `a` as for a call. */
  tailCall: 9,
  /** `unreachable`. */
  trap: 10,
  /** `throw`, `throw_ref`, `rethrow`. */
  throw: 11,
  /** A call. `a` is the callee's index, or -1 minus the type's index where it is not known. */
  call: 12,
  /** `global.get` or `global.set` of a defined global, whose index moves. `a` is the index. */
  global: 13,
  /** A bulk operation that pays by length. `a` is one of {@link BULK}. */
  bulk: 14,
  /** `memory.grow`. `a` is the memory. */
  memoryGrow: 15,
  /** `table.grow`. `a` is the table. */
  tableGrow: 16,
  /** A landing pad of the legacy exceptions: `catch`, `catch_all`. */
  catch: 17,
} as const;

/** How a bulk operation's length is read: bytes or elements, 32 or 64 bits. */
export const BULK = { bytes32: 0, bytes64: 1, elements32: 2, elements64: 3 } as const;

/** Bits of {@link EventLog.flags}. */
export const FLAG = {
  /** Reached by execution; dead events are only rewritten, never charged. */
  live: 1,
  /** `brIf`: the branch leaves the innermost loop and carries no value, so its edge can be charged apart. */
  splittable: 2,
  /** `end`, `else`: the code before it falls through to it. */
  fallsThrough: 4,
  /** `end`: of a loop. */
  loopEnd: 8,
  /** `end`: of an `if` without `else`. */
  oneArmed: 16,
  /** `end`: of an `if` with `else`. */
  twoArmed: 32,
  /** A branch that leaves the innermost loop. */
  leaves: 64,
  /** `end`: of a loop that takes and leaves nothing, so that its body can be copied. */
  even: 128,
  /** `end`: what follows stands in no block but the function's own. */
  outermost: 256,
  /** `brIf`: it is one, and no `br_on_null` or its kin. */
  conditional: 512,
} as const;

function grown<T extends Int32Array | Uint16Array | Uint8Array>(
  array: T,
  make: (n: number) => T,
): T {
  const next = make(array.length * 2);
  next.set(array);
  return next;
}
const int32 = (n: number): Int32Array<ArrayBuffer> => new Int32Array(n);
const uint16 = (n: number): Uint16Array<ArrayBuffer> => new Uint16Array(n);
const uint8 = (n: number): Uint8Array<ArrayBuffer> => new Uint8Array(n);

/** Compilers leave an event, and a use of a local, every ten bytes or more, and a label every thirty. */
const BYTES_PER_EVENT = 8;
const BYTES_PER_LABEL = 16;
const LEAST = 64;

/** The log. Index `i` of every array belongs to event `i`. */
export class EventLog {
  length = 0;
  kind: Uint8Array;
  flags: Uint16Array;
  /** Offset of the instruction, and of the byte after it. */
  pos: Int32Array;
  next: Int32Array;
  /** Units of the straight line since the event before, this instruction included. */
  cost: Int32Array;
  /** What depends on the kind. For control: the label. */
  a: Int32Array;
  /**
   * Results: units charged after the instruction, and on the taken edge; before a call, a `return` or the function's
   * end; for the `end` of an `if` without `else`, on the way around it; for a loop, copies of its body.
   */
  charge: Int32Array;
  edge: Int32Array;
  /** Offsets of the indices of declared locals, which move where a function gets more parameters. */
  uses: Int32Array;
  useCount = 0;
  /** Loops whose bodies may be copied, each with the event that ends it. */
  copied: Int32Array = int32(LEAST);
  copiedCount = 0;
  /** Events that are calls, or tail calls, and live. */
  calls: Int32Array;
  callCount = 0;

  /** Makes room for the bodies of a module; what it lacks grows. */
  constructor(codeBytes: number) {
    const room = Math.ceil(codeBytes / BYTES_PER_EVENT) + LEAST;
    this.kind = uint8(room);
    this.flags = uint16(room);
    this.pos = int32(room);
    this.next = int32(room);
    this.cost = int32(room);
    this.a = int32(room);
    this.charge = int32(room);
    this.edge = int32(room);
    this.uses = int32(room);
    this.calls = int32(room >> 1);
  }

  use(pos: number): void {
    if (this.useCount === this.uses.length) this.uses = grown(this.uses, int32);
    this.uses[this.useCount++] = pos;
  }

  /** Notes that the body of a loop may be copied. */
  copies(loop: number, end: number): void {
    if (this.copiedCount === this.copied.length) this.copied = grown(this.copied, int32);
    this.copied[this.copiedCount++] = loop;
    this.copied[this.copiedCount++] = end;
  }

  /** Notes that the event logged last is a live call. */
  call(): void {
    if (this.callCount === this.calls.length) this.calls = grown(this.calls, int32);
    this.calls[this.callCount++] = this.length - 1;
  }

  push(kind: number, flags: number, pos: number, next: number, cost: number, a: number): number {
    const i = this.length++;
    if (i === this.kind.length) this.grow();
    this.kind[i] = kind;
    this.flags[i] = flags;
    this.pos[i] = pos;
    this.next[i] = next;
    this.cost[i] = cost;
    this.a[i] = a;
    return i;
  }

  private grow(): void {
    this.kind = grown(this.kind, uint8);
    this.flags = grown(this.flags, uint16);
    this.pos = grown(this.pos, int32);
    this.next = grown(this.next, int32);
    this.cost = grown(this.cost, int32);
    this.a = grown(this.a, int32);
    this.charge = grown(this.charge, int32);
    this.edge = grown(this.edge, int32);
  }
}

/** Bits of {@link LabelLog.flags}. */
export const LABEL = {
  loop: 1,
  /** Some `br_table` branches to it. */
  table: 2,
  /** A `catch` clause of `try_table` lands here. */
  pad: 4,
  /** Carries no value, so a branch to it can be wrapped in an `if`. */
  plain: 8,
  /**
   * A loop in no other that calls nothing and dispatches by `br_table`: it charges the fuel global (measured). Were
   * there a loop around it, that one's header would not see the ways that leave this one.
   */
  region: 16,
} as const;

/** Branch targets of all functions, in parallel arrays. */
export class LabelLog {
  length = 0;
  flags: Uint8Array;
  /** Loops around the target. */
  loops: Int32Array;
  /** Live branches to it, but for those of a `br_table`. */
  branches: Int32Array;
  /** Union-find over the labels that one `br_table` shares. */
  parent: Int32Array;

  constructor(codeBytes: number) {
    const room = Math.ceil(codeBytes / BYTES_PER_LABEL) + LEAST;
    this.flags = uint8(room);
    this.loops = int32(room);
    this.branches = int32(room);
    this.parent = int32(room);
  }

  push(flags: number, loops: number): number {
    const i = this.length++;
    if (i === this.flags.length) {
      this.flags = grown(this.flags, uint8);
      this.loops = grown(this.loops, int32);
      this.branches = grown(this.branches, int32);
      this.parent = grown(this.parent, int32);
    }
    this.flags[i] = flags;
    this.loops[i] = loops;
    this.parent[i] = i;
    return i;
  }

  find(label: number): number {
    let root = label;
    while (this.parent[root] !== root) root = this.parent[root] as number;
    let at = label;
    while (at !== root) {
      const up = this.parent[at] as number;
      this.parent[at] = root;
      at = up;
    }
    return root;
  }

  /** Makes one of two labels, as whoever branches to either must have paid the same. */
  join(one: number, other: number): void {
    this.parent[this.find(other)] = this.find(one);
  }
}
