import { malformed, type Reader, type Tally, unsupported } from './reader.ts';

const wayOut =
  'Components for WASI 0.2 are supported; build it without asynchronous functions and streams.';

/** The operands of each built-in. */
const operands = new Map<number, readonly ('index' | 'byte' | 'results' | 'options')[]>([
  [0x02, ['index']], // resource.new
  [0x03, ['index']], // resource.drop
  [0x04, ['index']], // resource.rep
  // What follows belongs to tasks. Some toolchains declare it in every component, also where all functions are
  // synchronous and nothing calls it; it holds no name.
  [0x05, []], // task.cancel
  [0x06, ['byte']], // subtask.cancel
  [0x08, []], // backpressure.set
  [0x09, ['results', 'options']], // task.return
  [0x0a, ['byte', 'index']], // context.get
  [0x0b, ['byte', 'index']], // context.set
  [0x0c, ['byte']], // thread.yield
  [0x0d, []], // subtask.drop
  [0x1f, []], // waitable-set.new
  [0x20, ['byte', 'index']], // waitable-set.wait
  [0x21, ['byte', 'index']], // waitable-set.poll
  [0x22, []], // waitable-set.drop
  [0x23, []], // waitable.join
  [0x24, []], // backpressure.inc
  [0x25, []], // backpressure.dec
]);

/**
 * Passes over one canonical function: a lifted or lowered function, or a built-in.
 *
 * @returns the index of a lifted function's type
 */
export function surveyCanonical(reader: Reader, tally: Tally): number | undefined {
  const at = reader.offset;
  tally.add('canonicalFunctions', 1, at);
  const form = reader.u8();
  if (form <= 1) {
    if (reader.u8() !== 0) throw malformed(reader.offset - 1, 'an unknown canonical function');
    reader.u32();
    options(reader);
    return form === 0 ? reader.u32() : undefined;
  }
  const list = operands.get(form);
  if (list === undefined) {
    throw unsupported(
      at,
      `The component uses the asynchronous built-in 0x${form.toString(16)}`,
      wayOut,
    );
  }
  for (const operand of list) {
    if (operand === 'index') reader.u32();
    else if (operand === 'byte') reader.u8();
    else if (operand === 'options') options(reader);
    else results(reader);
  }
  return undefined;
}

/** String encoding, memory, realloc and post-return; `async` and its callback are refused. */
function options(reader: Reader): void {
  const count = reader.count();
  for (let index = 0; index < count; index += 1) {
    const at = reader.offset;
    const option = reader.u8();
    if (option > 5)
      throw unsupported(at, 'The component lifts or lowers a function asynchronously', wayOut);
    if (option >= 3) reader.u32();
  }
}

function results(reader: Reader): void {
  const at = reader.offset;
  const form = reader.u8();
  if (form === 0) reader.skipLeb(5);
  else if (form !== 1 || reader.u8() !== 0) throw malformed(at, 'an unknown form of results');
}
