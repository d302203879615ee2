/**
 * Potentials of nodes: a union-find in which the potential of a node is that of its parent and an offset. One node, the
 * end, has potential 0; whatever hangs together with it knows its potentials, and none is below 0. Others only know how
 * they differ.
 */
export class Potentials {
  count = 0;
  /** The root of its tree. */
  private end = 0;
  private parent = new Int32Array(0);
  private offset = new Int32Array(0);
  /** Of roots: the lowest offset in their trees, their own 0 included. */
  private lows = new Int32Array(0);

  /** Begins anew with `count` nodes, of which one is the end, and room for so many more. */
  begin(count: number, end: number, more: number): void {
    if (count + more > this.parent.length) {
      const room = 2 * (count + more);
      this.parent = new Int32Array(room);
      this.offset = new Int32Array(room);
      this.lows = new Int32Array(room);
    }
    this.count = 0;
    for (let i = 0; i < count; i++) this.add();
    this.end = end;
  }

  add(): number {
    const node = this.count++;
    this.parent[node] = node;
    this.offset[node] = 0;
    this.lows[node] = 0;
    return node;
  }

  /** The root of a node's tree, which becomes its parent. */
  private root(node: number): number {
    const { parent, offset } = this;
    const up = parent[node] as number;
    let root = parent[up] as number;
    if (root === up) return root;
    let sum = (offset[node] as number) + (offset[up] as number);
    for (; parent[root] !== root; root = parent[root] as number) sum += offset[root] as number;
    for (let at = node; at !== root;) {
      const next = parent[at] as number;
      const own = offset[at] as number;
      parent[at] = root;
      offset[at] = sum;
      sum -= own;
      at = next;
    }
    return root;
  }

  /**
   * Makes the potential of one node that of another and so many units, unless they differ otherwise already, or some
   * potential would be below 0: nobody who is called may be owed for, since every frame of a recursion would owe it.
   */
  unite(one: number, other: number, units: number): void {
    const { parent, offset, lows, end } = this;
    const a = this.root(one);
    const b = this.root(other);
    if (a === b) return;
    const shift = units + (offset[other] as number) - (offset[one] as number);
    if (a === end) {
      if ((lows[b] as number) < shift) return;
      parent[b] = a;
      // Not `-shift`: -0 is no integer to V8.
      offset[b] = 0 - shift;
      return;
    }
    const low = shift + (lows[a] as number);
    if (b !== end) lows[b] = Math.min(lows[b] as number, low);
    else if (low < 0) return;
    parent[a] = b;
    offset[a] = shift;
  }

  /** A tree that does not know its potentials has the least that are not below 0. */
  of(node: number): number {
    const root = this.root(node);
    const offset = this.offset[node] as number;
    return root === this.end ? offset : offset - (this.lows[root] as number);
  }
}
