/** Random programs as three modules that share everything and call each other. */
import {
  FunctionAssembler,
  constant,
  leb,
  section,
  typeIndex,
  vector,
  type Encoding,
} from './assemble.ts';
import { inTable } from './labels.ts';
import { RECURSIONS, type Program } from './program.ts';

/**
 * The same program as modules `a`, `b` and `c`: `homes` says where each function is, 0 for `a`. `a` defines memory,
 * globals, table and tag and exports them as `m`, `g0`, `g1`, `t` and `e`; the others import them from `a`. A function
 * of another module is called as an import, `h.i`, or through the table, into which all put their functions.
 */
export function assembleLinked(
  program: Program,
  encoding: Encoding,
  homes: readonly number[],
): ReadonlyMap<string, Uint8Array<ArrayBuffer>> {
  const count = program.functions.length;
  const type = typeIndex(program);
  const all = program.functions.map((_, index) => index);
  const assembleOne = (home: number): Uint8Array<ArrayBuffer> => {
    const isOwn = (index: number): boolean => homes[index] === home;
    const own = all.filter(isOwn);
    const others = all.filter((index) => !isOwn(index));
    const place = (index: number): number =>
      isOwn(index) ? others.length + own.indexOf(index) : others.indexOf(index);
    const bodies = own.map((index) => {
      const assembler = new FunctionAssembler(index, program, encoding, place);
      assembler.body();
      return vector([1, ...leb(assembler.locals - 1), 0x7f, ...assembler.code, 0x0b]);
    });
    const imported = others.map((index) => [1, 0x68, 1, 0x30 + index, 0, type]);
    const exported = own.map((index) => [2, 0x66, 0x30 + index, 0, place(index)]);
    if (home > 0) {
      imported.push([1, 0x61, 1, 0x6d, 2, 1, 1, 3], [1, 0x61, 1, 0x74, 1, 0x70, 0, count]);
      imported.push([1, 0x61, 2, 0x67, 0x30, 3, 0x7f, 1], [1, 0x61, 2, 0x67, 0x31, 3, 0x7f, 1]);
      imported.push([1, 0x61, 1, 0x65, 4, 0, 1]);
    } else {
      exported.push([1, 0x6d, 2, 0], [1, 0x74, 1, 0], [1, 0x65, 4, 0]);
      exported.push([2, 0x67, 0x30, 3, 0], [2, 0x67, 0x31, 3, 1]);
    }
    const held = all.flatMap((slot) => {
      const index = inTable(slot, count);
      return isOwn(index) ? [[0, 0x41, slot, 0x0b, 1, place(index)]] : [];
    });
    const globals = [2, 0x7f, 1, ...constant(0), 0x0b, 0x7f, 1, ...constant(RECURSIONS), 0x0b];
    return Uint8Array.from([
      ...[0, 0x61, 0x73, 0x6d],
      ...[1, 0, 0, 0],
      ...section(1, [2, 0x60, 1, 0x7f, 1, 0x7f, 0x60, 1, 0x7f, 0]),
      ...section(2, [imported.length, ...imported.flat()]),
      ...section(3, vector(own.map(() => type))),
      ...(home > 0
        ? []
        : [
            ...section(4, [1, 0x70, 0, count]),
            ...section(5, [1, 1, 1, 3]),
            ...section(13, [1, 0, 1]),
            ...section(6, globals),
          ]),
      ...section(7, [exported.length, ...exported.flat()]),
      ...section(9, [held.length, ...held.flat()]),
      ...section(10, [...leb(bodies.length), ...bodies.flat()]),
    ]);
  };
  return new Map(['a', 'b', 'c'].map((name, home) => [name, assembleOne(home)]));
}
