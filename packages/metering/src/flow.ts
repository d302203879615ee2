import type { Body } from './body.ts';
import { EV, FLAG, LABEL } from './events.ts';
import { readBlockType, readTagArity } from './immediates.ts';
import { checkLimit } from './limits.ts';
import { COSTS } from './opcodes.ts';

/** What the scan makes of structured control. Cursors stand behind the opcode; `at` is where it stands. */

const IF = 0x04;
const LOOP = 0x03;
const TRY = 0x06;
const TRY_TABLE = 0x1f;

const arity = { params: 0, results: 0 };

/** `block`, `loop`, `if`, `try`, `try_table`. */
export function open(b: Body, opcode: number): void {
  const { r, labels, at } = b;
  readBlockType(r, b.module, arity);
  const { params, results } = arity;
  const isLoop = opcode === LOOP;
  if (isLoop) {
    b.loops++;
    b.hasLoops ||= b.live;
  }
  const carried = isLoop ? params : results;
  const label = labels.push((isLoop ? LABEL.loop : 0) | (carried === 0 ? LABEL.plain : 0), b.loops);
  if (opcode === IF) {
    b.height--;
    b.cost += COSTS.instruction;
  }
  if (opcode === TRY || opcode === TRY_TABLE) b.hasPads = true;
  if (opcode === TRY_TABLE) catchClauses(b);
  b.control.push(opcode, label, b.height - params, params, results, b.live);
  checkLimit(b.limits, 'blockDepth', b.control.depth, at);
  b.blocks++;
  if (isLoop || opcode === IF) b.log(isLoop ? EV.loop : EV.if, b.liveness(), label);
}

/** `else`, `catch`, `catch_all`. */
export function alternative(b: Body, opcode: number): void {
  const { r, control } = b;
  const opened = control.opcode();
  const isElse = opcode === 0x05;
  if (isElse ? opened !== IF : opened !== TRY && opened !== 0x07)
    r.fail('else or catch without its opening', b.at);
  let pushed = control.params();
  if (opcode === 0x07) pushed = readTagArity(r, b.module);
  else if (opcode === 0x19) pushed = 0;
  const flags = (b.live ? FLAG.fallsThrough : 0) | (control.liveAtEntry() ? FLAG.live : 0);
  control.alternative(opcode, b.live);
  b.log(isElse ? EV.else : EV.catch, flags, control.label());
  b.live = control.liveAtEntry();
  b.height = control.height() + pushed;
}

/** `end`, `delegate`. */
export function close(b: Body, opcode: number): void {
  const { r, control, at } = b;
  const opened = control.opcode();
  if (opcode === 0x18) {
    if (opened !== TRY) r.fail('delegate without its try', at);
    if (r.u32() >= control.depth - 1) r.fail('delegate out of range', at);
  }
  const label = control.label();
  let flags = b.live ? FLAG.fallsThrough : 0;
  if (opened === LOOP) {
    flags |= FLAG.loopEnd;
    if (control.results() === 0 && b.height === control.height()) flags |= FLAG.even;
    b.loops--;
  } else if (opened === IF) flags |= FLAG.oneArmed;
  else if (opened === 0x05) flags |= FLAG.twoArmed;
  b.live = control.liveAfter(b.live);
  if (b.live) flags |= FLAG.live;
  b.height = control.height() + control.results();
  control.pop();
  if (control.depth === 1) flags |= FLAG.outermost;
  b.log(EV.end, flags, label);
}

/** `br`, `br_if`, `br_on_null`, `br_on_non_null`. */
export function branch(b: Body, opcode: number): void {
  const { r, labels } = b;
  const target = r.u32();
  const label = labelAt(b, target, b.at);
  if (opcode !== 0x0c && opcode !== 0xd5) b.height--;
  b.cost += COSTS.instruction;
  let flags = b.liveness() | (opcode === 0x0d ? FLAG.conditional : 0);
  if ((labels.loops[label] as number) < b.loops) {
    flags |= FLAG.leaves;
    if (opcode === 0x0d && (labels.flags[label] as number) & LABEL.plain) flags |= FLAG.splittable;
  }
  if (b.live) {
    b.control.branch(target);
    labels.branches[label] = (labels.branches[label] as number) + 1;
  }
  b.log(opcode === 0x0c ? EV.br : EV.brIf, flags, label);
  if (opcode === 0x0c) b.die();
}

/** `br_table`. Its labels are joined, since whoever branches must have paid the same to each. */
export function branchTable(b: Body): void {
  const { r, control, labels, live, at } = b;
  b.cost += COSTS.branchTable;
  const count = r.u32();
  checkLimit(b.limits, 'branchTableEntries', count, at);
  let first = -1;
  let leaves = false;
  for (let i = 0; i <= count; i++) {
    const target = r.u32();
    const label = labelAt(b, target, at);
    if ((labels.loops[label] as number) < b.loops) leaves = true;
    if (!live) continue;
    control.branch(target);
    if (first === label) continue;
    labels.flags[label] = (labels.flags[label] as number) | LABEL.table;
    if (first === -1) first = label;
    else labels.join(first, label);
  }
  b.log(EV.brTable, b.liveness() | (leaves ? FLAG.leaves : 0), Math.max(first, 0));
  b.die();
}

/** The clauses of a `try_table`: each label lands with nothing paid and the depth to be put back. */
function catchClauses(b: Body): void {
  const { r, control, labels } = b;
  const count = r.u32();
  checkLimit(b.limits, 'branchTableEntries', count, r.pos);
  for (let i = 0; i < count; i++) {
    const at = r.pos;
    const kind = r.u8();
    if (kind > 3) r.fail('unknown catch clause', at);
    if (kind < 2) readTagArity(r, b.module);
    const target = r.u32();
    const label = labelAt(b, target, at);
    if (!b.live) continue;
    control.branch(target);
    labels.flags[label] = (labels.flags[label] as number) | LABEL.pad;
  }
}

function labelAt(b: Body, target: number, at: number): number {
  const { control } = b;
  if (target >= control.depth) b.r.fail('branch out of range', at);
  if (target === control.depth - 1) b.rootNamed = true;
  return control.labelAt(target);
}

/** `unreachable`, `return`, `throw`, `rethrow`, `throw_ref`. */
export function leave(b: Body, opcode: number): void {
  const { r } = b;
  const thrown = opcode >= 0x08 && opcode <= 0x0a;
  if (opcode === 0x08) readTagArity(r, b.module);
  if (opcode === 0x09 && r.u32() >= b.control.depth) r.fail('rethrow out of range', b.at);
  if (thrown && b.live) b.throws = true;
  b.cost += thrown ? COSTS.throw : COSTS.instruction;
  b.log(thrown ? EV.throw : opcode === 0x00 ? EV.trap : EV.return, b.liveness(), 0);
  b.die();
}
