import type { CallGraph } from './call-graph.ts';

/** What callers of tables know of the functions of each type. */
export class TypePlan {
  readonly quiet: Uint8Array;
  private readonly prices: Int32Array;
  /** Whether somebody was planned without the price: it has to stay as it was. */
  private readonly wasAsked: Uint8Array;
  private readonly graph: CallGraph;
  private readonly count: number;

  constructor(graph: CallGraph, count: number) {
    this.graph = graph;
    this.count = count;
    this.prices = new Int32Array(graph.starts.length - 1 - count);
    this.quiet = new Uint8Array(this.prices.length);
    this.wasAsked = new Uint8Array(this.prices.length);
  }

  private of(callee: number): number {
    const type = (this.graph.typeNode[-1 - callee] as number) - this.count;
    this.wasAsked[type] = 1;
    return type;
  }

  /** Units that whoever calls the table pays for the callee. */
  price(callee: number): number {
    return this.prices[this.of(callee)] as number;
  }

  /** No callee touches the counter. */
  isQuiet(callee: number): boolean {
    return this.quiet[this.of(callee)] === 1;
  }

  asked(node: number): boolean {
    return this.wasAsked[node - this.count] === 1;
  }

  set(node: number, price: number, quiet: boolean): void {
    this.prices[node - this.count] = price;
    this.quiet[node - this.count] = quiet ? 1 : 0;
  }
}
