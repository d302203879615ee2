/** Values that are kept of every open block, in the order of a frame. */
const OPCODE = 0;
const LABEL = 1;
const HEIGHT = 2;
const PARAMS = 3;
const RESULTS = 4;
const ENTERED = 5;
/** A live branch goes to the end, or an earlier arm falls through to it. */
const REACHED = 6;
const FRAME = 8;

/** Deeper nesting than compilers come to: where the array is replaced, V8 drops the code of all that reads it. */
const DEPTH = 1024;

/** The stack of open blocks while a body is scanned. Branch targets count from the top. */
export class ControlStack {
  depth = 0;
  private frames = new Int32Array(DEPTH * FRAME);

  /** Opens the function itself. */
  start(label: number, results: number): void {
    this.depth = 0;
    this.push(0x02, label, 0, 0, results, true);
  }

  push(
    opcode: number,
    label: number,
    height: number,
    params: number,
    results: number,
    live: boolean,
  ): void {
    const i = this.depth++ * FRAME;
    if (i === this.frames.length) {
      const next = new Int32Array(i * 2);
      next.set(this.frames);
      this.frames = next;
    }
    const { frames } = this;
    frames[i + OPCODE] = opcode;
    frames[i + LABEL] = label;
    frames[i + HEIGHT] = height;
    frames[i + PARAMS] = params;
    frames[i + RESULTS] = results;
    frames[i + ENTERED] = live ? 1 : 0;
    frames[i + REACHED] = 0;
  }

  pop(): void {
    this.depth--;
  }

  /** The opcode that opened the innermost block, or the `else` or `catch` that it has come to. */
  opcode(): number {
    return this.innermost(OPCODE);
  }

  label(): number {
    return this.innermost(LABEL);
  }

  labelAt(target: number): number {
    return this.frames[(this.depth - 1 - target) * FRAME + LABEL] as number;
  }

  height(): number {
    return this.innermost(HEIGHT);
  }

  params(): number {
    return this.innermost(PARAMS);
  }

  results(): number {
    return this.innermost(RESULTS);
  }

  liveAtEntry(): boolean {
    return this.innermost(ENTERED) === 1;
  }

  private innermost(field: number): number {
    return this.frames[(this.depth - 1) * FRAME + field] as number;
  }

  /** Comes to `else` or `catch`. */
  alternative(opcode: number, live: boolean): void {
    const i = (this.depth - 1) * FRAME;
    this.frames[i + OPCODE] = opcode;
    if (live) this.frames[i + REACHED] = 1;
  }

  /** A live branch to the block `target` steps out. */
  branch(target: number): void {
    this.frames[(this.depth - 1 - target) * FRAME + REACHED] = 1;
  }

  /** Whether execution can come past the end of the innermost block. */
  liveAfter(live: boolean): boolean {
    const opcode = this.opcode();
    if (live || opcode === 0x03) return live;
    return this.innermost(REACHED) === 1 || (opcode === 0x04 && this.liveAtEntry());
  }
}
