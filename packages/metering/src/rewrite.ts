import { Additions } from './additions.ts';
import type { CallGraph } from './call-graph.ts';
import { CodeSection, type Code } from './code-section.ts';
import { readConstExpr } from './const-expr.ts';
import { encodeInfo, type ModuleInfo } from './info.ts';
import { SECTION, type Module, type Section } from './module.ts';
import { EXHAUSTED, GLOBALS, NAMESPACE } from './namespace.ts';
import type { RewriteOptions } from './plan.ts';
import { Reader } from './reader.ts';
import type { Scanner } from './scan.ts';
import { Run, Sections } from './sections.ts';
import { readValueType } from './types.ts';
import { Writer } from './writer.ts';

/** Sections in the order of the format. */
const PLACES: readonly number[] = [
  SECTION.type,
  SECTION.import,
  SECTION.function,
  SECTION.table,
  SECTION.memory,
  SECTION.tag,
  SECTION.global,
  SECTION.export,
  SECTION.start,
  SECTION.element,
  SECTION.dataCount,
  SECTION.code,
  SECTION.data,
];

/** Those that are another in every metered module. The code section is, too: see {@link CodeSection}. */
const REWRITTEN: readonly number[] = [
  SECTION.type,
  SECTION.import,
  SECTION.function,
  SECTION.global,
  SECTION.export,
  SECTION.start,
];

/** Writes the metered form of a scanned module. */
export class Rewriter {
  private readonly module: Module;
  private readonly additions: Additions;
  private readonly code: Code;
  private readonly shift = GLOBALS.length;

  constructor(module: Module, scanner: Scanner, graph: CallGraph, options: RewriteOptions) {
    this.module = module;
    this.additions = new Additions(module);
    this.code = new CodeSection(module, scanner, graph, options, this.additions).write();
  }

  rewrite(info: ModuleInfo): Uint8Array<ArrayBuffer> {
    const { code, hints } = this.code;
    const out = new Sections();
    let place = 0;
    const upTo = (end: number): void => {
      for (; place < end; place++) this.created(PLACES[place] as number, out);
    };
    for (const section of this.module.sections) {
      if (section.id === SECTION.custom) {
        this.custom(section, out);
        continue;
      }
      const at = PLACES.indexOf(section.id);
      upTo(at);
      place = at + 1;
      if (section.id === SECTION.code) {
        out.add(SECTION.custom, hints);
        out.add(SECTION.code, code);
      } else this.section(section, out);
    }
    upTo(PLACES.length);
    const custom = new Writer(64);
    custom.text(NAMESPACE);
    custom.bytes(encodeInfo(info));
    out.add(SECTION.custom, custom);
    return out.write();
  }

  /** A section that the guest's module does not have, but the metered one needs. */
  private created(id: number, out: Sections): void {
    const empty = new Reader(Uint8Array.of(0), 0, 1);
    const w = new Writer(256);
    if (id === SECTION.type && this.additions.types.length > 0) this.types(empty, w);
    else if (id === SECTION.import) this.imports(empty, w);
    else if (id === SECTION.global) this.globals(empty, w);
    else return;
    out.add(id, w);
  }

  private section({ id, start, end }: Section, out: Sections): void {
    const { module } = this;
    const moves = module.movesConstGlobals && (id === SECTION.element || id === SECTION.data);
    if (!REWRITTEN.includes(id) && !moves) {
      return out.add(id, new Run(module.bytes, start, end));
    }
    const r = new Reader(module.bytes, start, end);
    const w = new Writer(end - start + 256);
    if (id === SECTION.type) this.types(r, w);
    else if (id === SECTION.import) this.imports(r, w);
    else if (id === SECTION.function) this.functions(w);
    else if (id === SECTION.start) w.u32(this.code.doors.get(module.started) ?? module.started);
    else if (id === SECTION.global) this.globals(r, w);
    else if (id === SECTION.export) this.exports(r, w);
    else if (id === SECTION.element) this.elements(r, w);
    else this.data(r, w);
    out.add(id, w);
  }

  private types(r: Reader, w: Writer): void {
    w.u32(r.u32() + this.additions.types.length);
    w.copy(r.bytes, r.pos, r.end);
    for (const type of this.additions.types) w.bytes(type);
  }

  private imports(r: Reader, w: Writer): void {
    w.u32(r.u32() + GLOBALS.length);
    w.copy(r.bytes, r.pos, r.end);
    for (const { name, type } of GLOBALS) {
      w.text(NAMESPACE);
      w.text(name);
      w.bytes([0x03, type === 'i64' ? 0x7e : 0x7f, 0x01]);
    }
  }

  private functions(w: Writer): void {
    w.u32(this.code.types.length + this.additions.functions.length);
    for (const type of this.code.types) w.u32(type);
    for (const { type } of this.additions.functions) w.u32(type);
  }

  private globals(r: Reader, w: Writer): void {
    const count = r.u32();
    w.u32(count + 2);
    for (let i = 0; i < count; i++) {
      const start = r.pos;
      readValueType(r, this.module.types.length);
      r.u8();
      w.copy(r.bytes, start, r.pos);
      readConstExpr(r, this.module, w, this.shift);
    }
    w.bytes([0x7e, 0x00, 0x42]);
    w.s64big(EXHAUSTED);
    w.bytes([0x0b, 0x7e, 0x01, 0x42, 0x00, 0x0b]);
  }

  private exports(r: Reader, w: Writer): void {
    const count = r.u32();
    w.u32(count);
    for (let i = 0; i < count; i++) {
      const start = r.pos;
      r.range();
      const kind = r.u8();
      w.copy(r.bytes, start, r.pos);
      const index = r.u32();
      if (kind === 0) w.u32(this.code.doors.get(index) ?? index);
      else w.u32(kind === 3 && index >= this.module.importedGlobals ? index + this.shift : index);
    }
  }

  private elements(r: Reader, w: Writer): void {
    const { module } = this;
    const count = r.u32();
    w.u32(count);
    for (let i = 0; i < count; i++) {
      let start = r.pos;
      const flags = r.u32();
      if ((flags & 1) === 0) {
        if (flags & 2) r.u32();
        w.copy(r.bytes, start, r.pos);
        readConstExpr(r, module, w, this.shift);
        start = r.pos;
      }
      if (flags & 3) {
        if (flags & 4) readValueType(r, module.types.length);
        else r.u8();
      }
      const length = r.u32();
      if ((flags & 4) === 0) {
        for (let k = 0; k < length; k++) r.u32();
        w.copy(r.bytes, start, r.pos);
      } else {
        w.copy(r.bytes, start, r.pos);
        for (let k = 0; k < length; k++) readConstExpr(r, module, w, this.shift);
      }
    }
  }

  private data(r: Reader, w: Writer): void {
    const count = r.u32();
    w.u32(count);
    for (let i = 0; i < count; i++) {
      let start = r.pos;
      const flags = r.u32();
      if (flags === 2) r.u32();
      if (flags !== 1) {
        w.copy(r.bytes, start, r.pos);
        readConstExpr(r, this.module, w, this.shift);
        start = r.pos;
      }
      r.range();
      w.copy(r.bytes, start, r.pos);
    }
  }

  /** Keeps custom sections, but for those whose offsets or indices would be wrong. */
  private custom({ start, end }: Section, out: Sections): void {
    const r = new Reader(this.module.bytes, start, end);
    const [nameStart, nameEnd] = r.range();
    const stale = [
      '.debug_',
      'sourceMappingURL',
      'external_debug_info',
      'metadata.code.',
      'reloc.',
      'linking',
      'dylink',
    ];
    if (stale.some((prefix) => r.startsWith(nameStart, nameEnd, prefix))) return;
    if (!r.is(nameStart, nameEnd, 'name')) {
      return out.add(SECTION.custom, new Run(r.bytes, start, end));
    }
    const w = new Writer(end - start);
    w.copy(r.bytes, start, nameEnd);
    if (this.names(r, w)) out.add(SECTION.custom, w);
  }

  /** The name section without the names of locals and globals, which move. False where it is not well formed. */
  private names(r: Reader, w: Writer): boolean {
    try {
      while (r.pos < r.end) {
        const start = r.pos;
        const id = r.u8();
        r.range();
        if (id !== 2 && id !== 7) w.copy(r.bytes, start, r.pos);
      }
      return true;
    } catch {
      return false;
    }
  }
}
