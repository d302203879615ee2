/**
 * Runs the public WebAssembly core test suite before and after metering, assertion by assertion:
 *
 *     node test/metering/spec/main.ts PATH-TO-CHECKOUT [--details]
 *
 * The checkout is of github.com/WebAssembly/testsuite. Exit code 1 where an outcome differs.
 */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { parse } from '@bytecodealliance/jco-transpile/wasm-tools';
import wabtFactory from 'wabt';
import { prepare, ScriptRun, type Assembler } from './script.ts';
import { MeteredWorld, PlainWorld } from './world.ts';

setFlagsFromString('--experimental-wasm-type-reflection');

const [root, flag] = process.argv.slice(2);
if (root === undefined) {
  console.error('usage: node test/metering/spec/main.ts PATH-TO-CHECKOUT [--details]');
  process.exit(2);
}

const scripts = (folder: string): string[] =>
  readdirSync(folder)
    .sort()
    .flatMap((name) => {
      const path = join(folder, name);
      if (name.startsWith('.')) return [];
      return statSync(path).isDirectory() ? scripts(path) : name.endsWith('.wast') ? [path] : [];
    });

const wabt = await wabtFactory();
/** The older encoding of exceptions, and some unusual names, are known to wabt alone. */
const assemble: Assembler = async (text) => {
  try {
    return await parse(text);
  } catch {
    const features = { exceptions: true, tail_call: true, extended_const: true };
    return wabt.parseWat('module.wat', text, features).toBinary({}).buffer;
  }
};

const totals = { files: 0, assertions: 0, pass: 0, fail: 0, refused: 0, differ: 0 };
for (const path of scripts(root)) {
  const name = relative(root, path);
  const script = await prepare(readFileSync(path, 'utf8'), assemble);
  const plain = new ScriptRun(script, new PlainWorld()).run();
  const metered = new ScriptRun(script, new MeteredWorld()).run();
  let differ = 0;
  let refused = 0;
  for (const [i, before] of plain.entries()) {
    const after = metered[i];
    totals.assertions++;
    totals[before.result]++;
    if (after?.result === 'refused') refused++;
    else if (after?.result !== before.result || after.line !== before.line) {
      differ++;
      console.log(
        `DIFFER ${name}:${before.line} ${before.command}: ${before.result} ${before.detail} | ${after?.result} ${after?.detail}`,
      );
    } else if (flag === '--details' && before.result === 'fail') {
      console.log(`both fail ${name}:${before.line} ${before.command}: ${before.detail}`);
    }
  }
  totals.files++;
  totals.refused += refused;
  totals.differ += differ;
  if (refused > 0) console.log(`refused ${name}: ${refused} of ${plain.length}`);
}
console.log(`Node ${process.version}: ${JSON.stringify(totals)}`);
process.exit(totals.differ === 0 ? 0 : 1);
