/** The stack of open blocks while a body is scanned. Branch targets count from the top. */
export class ControlStack {
  depth = 0;
  private readonly opcodes: number[] = [];
  private readonly labels: number[] = [];
  private readonly heights: number[] = [];
  private readonly paramCounts: number[] = [];
  private readonly resultCounts: number[] = [];
  private readonly entered: boolean[] = [];
  /** A live branch goes to the end, or an earlier arm falls through to it. */
  private readonly reached: boolean[] = [];

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
    const i = this.depth++;
    this.opcodes[i] = opcode;
    this.labels[i] = label;
    this.heights[i] = height;
    this.paramCounts[i] = params;
    this.resultCounts[i] = results;
    this.entered[i] = live;
    this.reached[i] = false;
  }

  pop(): void {
    this.depth--;
  }

  /** The opcode that opened the innermost block, or the `else` or `catch` that it has come to. */
  opcode(): number {
    return this.opcodes[this.depth - 1] as number;
  }

  label(): number {
    return this.labels[this.depth - 1] as number;
  }

  labelAt(target: number): number {
    return this.labels[this.depth - 1 - target] as number;
  }

  height(): number {
    return this.heights[this.depth - 1] as number;
  }

  params(): number {
    return this.paramCounts[this.depth - 1] as number;
  }

  results(): number {
    return this.resultCounts[this.depth - 1] as number;
  }

  liveAtEntry(): boolean {
    return this.entered[this.depth - 1] as boolean;
  }

  /** Comes to `else` or `catch`. */
  alternative(opcode: number, live: boolean): void {
    const i = this.depth - 1;
    this.opcodes[i] = opcode;
    if (live) this.reached[i] = true;
  }

  /** A live branch to the block `target` steps out. */
  branch(target: number): void {
    this.reached[this.depth - 1 - target] = true;
  }

  /** Whether execution can come past the end of the innermost block. */
  liveAfter(live: boolean): boolean {
    const i = this.depth - 1;
    const opcode = this.opcodes[i];
    if (opcode === 0x03) return live;
    return (
      live || (this.reached[i] as boolean) || (opcode === 0x04 && (this.entered[i] as boolean))
    );
  }
}
