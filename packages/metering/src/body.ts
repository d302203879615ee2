import { ControlStack } from './control.ts';
import { EventLog, FLAG, LabelLog } from './events.ts';
import { SECTION, type Module } from './module.ts';
import { readImmediates } from './immediates.ts';
import type { MeteringLimits } from './limits.ts';
import { IMM, MAIN } from './opcodes.ts';
import { Reader } from './reader.ts';

const { imm: LAYOUT, cost: COST, delta: DELTA } = MAIN;
const {
  none: NONE,
  local: LOCAL,
  memarg: MEMARG,
  leb32: LEB32,
  leb64: LEB64,
  special: SPECIAL,
} = IMM;

/**
 * The body that is scanned, up to an instruction: the cursor, the price and the height of the operand stack. One
 * object serves all bodies of a module.
 */
export class Body {
  readonly module: Module;
  readonly limits: MeteringLimits;
  readonly events: EventLog;
  readonly labels: LabelLog;
  readonly control = new ControlStack();
  r: Reader;
  /** Offset of the instruction that was read last. */
  at = 0;
  /** Label of the function itself. */
  root = 0;
  /** Parameters, and with them the declared locals. */
  params = 0;
  locals = 0;
  /** Units since the event before. */
  cost = 0;
  live = true;
  height = 0;
  maxHeight = 0;
  /** Loops around the instruction. */
  loops = 0;
  blocks = 0;
  callValues = 0;
  hasLoops = false;
  hasPads = false;
  wideValues = false;
  rootNamed = false;
  /** Units of the whole body. */
  units = 0;
  /** Has a bulk operation, or grows something, and throws something, where execution comes. */
  spends = false;
  throws = false;

  constructor(module: Module, limits: MeteringLimits) {
    this.module = module;
    this.limits = limits;
    this.r = new Reader(module.bytes, 0, 0);
    const code = module.sections.find(({ id }) => id === SECTION.code);
    const codeBytes = code === undefined ? 0 : code.end - code.start;
    this.events = new EventLog(codeBytes);
    this.labels = new LabelLog(codeBytes);
  }

  /** Comes to the first instruction of a body; the cursor stands there. */
  begin(root: number, params: number, locals: number, results: number, wideValues: boolean): void {
    this.root = root;
    this.params = params;
    this.locals = locals;
    this.cost = 0;
    this.live = true;
    this.height = 0;
    this.maxHeight = results;
    this.loops = 0;
    this.blocks = 0;
    this.callValues = 0;
    this.hasLoops = false;
    this.hasPads = false;
    this.wideValues = wideValues;
    this.rootNamed = false;
    this.units = 0;
    this.spends = false;
    this.throws = false;
    this.control.start(root, results);
  }

  /**
   * Passes over instructions that are copied as they stand. Returns the opcode of the first one that may not be, its
   * immediates still to be read. This loop is where the scan spends its time.
   */
  straight(): number {
    const { r, module, events, locals, params } = this;
    const { bytes, end } = r;
    const hasMemory = module.memories.length > 0;
    let { pos } = r;
    let { cost, height, maxHeight } = this;
    for (;;) {
      const at = pos;
      if (pos >= end) {
        r.pos = pos;
        return r.u8();
      }
      const opcode = bytes[pos++] as number;
      const layout = LAYOUT[opcode] as number;
      if (layout === SPECIAL) {
        r.pos = pos;
        this.at = at;
        this.cost = cost;
        this.height = height;
        this.maxHeight = maxHeight;
        return opcode;
      }
      height += DELTA[opcode] as number;
      if (height > maxHeight) maxHeight = height;
      cost += COST[opcode] as number;
      if (layout === NONE) continue;
      // Short immediates here, others below.
      const first = pos < end ? (bytes[pos] as number) : 0x80;
      if (layout === LOCAL) {
        const use = pos;
        let local = first;
        if (first < 0x80) pos++;
        else {
          r.pos = pos;
          local = r.u32();
          pos = r.pos;
        }
        if (local >= locals) r.fail('local index out of range', at);
        if (local >= params) events.use(use);
        continue;
      }
      if (layout === MEMARG) {
        if (first < 0x40 && hasMemory && pos + 1 < end && (bytes[pos + 1] as number) < 0x80) {
          pos += 2;
          continue;
        }
      } else if ((layout === LEB32 || layout === LEB64) && first < 0x80) {
        pos++;
        continue;
      }
      r.pos = pos;
      readImmediates(layout, r, module, at);
      pos = r.pos;
    }
  }

  rise(values: number): void {
    this.height += values;
    if (this.height > this.maxHeight) this.maxHeight = this.height;
  }

  /** Logs the instruction that was read. */
  log(kind: number, flags: number, a: number): void {
    this.events.push(kind, flags, this.at, this.r.pos, this.cost, a);
    this.units += this.cost;
    this.cost = 0;
  }

  liveness(): number {
    return this.live ? FLAG.live : 0;
  }

  /** Behind an instruction that never goes on. */
  die(): void {
    this.live = false;
    this.height = this.control.height();
  }
}
