/** Runs one test script in one world, command by command. */
import { head, isList, parseScript, type List, type Node } from './sexpr.ts';
import { matches, parseValue, type Value } from './values.ts';
import type { Loaded, Outcome, World } from './world.ts';

/** Text to binary; throws where the text is malformed. */
export type Assembler = (text: string) => Promise<Uint8Array>;

/** What one assertion came to: the verdict and, for a failure, why. */
export interface Verdict {
  readonly line: number;
  readonly command: string;
  readonly result: 'pass' | 'fail' | 'refused';
  readonly detail: string;
}

const text = (node: Node | undefined): string =>
  new TextDecoder('utf-8', { ignoreBOM: true }).decode(node as Uint8Array);
const isName = (node: Node | undefined): node is string =>
  typeof node === 'string' && node.startsWith('$');

/** A script with its modules assembled once, for both worlds. */
export interface Script {
  readonly source: string;
  readonly commands: readonly List[];
  readonly binaries: ReadonlyMap<List, Uint8Array | Error>;
}

export async function prepare(source: string, assemble: Assembler): Promise<Script> {
  const commands = parseScript(source);
  const binaries = new Map<List, Uint8Array | Error>();
  for (const command of commands) {
    for (const node of [command, ...command.items].filter(isList)) {
      if (head(node) !== 'module' || node.items[1] === 'instance') continue;
      try {
        binaries.set(node, await moduleBytes(node, source, assemble));
      } catch (error) {
        binaries.set(node, error as Error);
      }
    }
  }
  return { source, commands, binaries };
}

async function moduleBytes(node: List, source: string, assemble: Assembler): Promise<Uint8Array> {
  const words = node.items.filter((item) => typeof item === 'string');
  const strings = node.items.filter((item) => item instanceof Uint8Array);
  if (words.includes('binary')) return Uint8Array.from(strings.flatMap((part) => [...part]));
  if (words.includes('quote'))
    return assemble(`(module ${strings.map((part) => text(part)).join('\n')})`);
  const whole = source.slice(node.start, node.end);
  return assemble(whole.replace(/^\(module\s+definition\b/, '(module'));
}

export class ScriptRun {
  private readonly script: Script;
  private readonly world: World;
  private readonly modules = new Map<string, WebAssembly.Module>();
  private readonly instances = new Map<string, Loaded>();
  private definition: WebAssembly.Module | undefined;
  private current: Loaded | undefined;
  private refused = false;

  constructor(script: Script, world: World) {
    this.script = script;
    this.world = world;
  }

  run(): Verdict[] {
    const verdicts: Verdict[] = [];
    for (const command of this.script.commands) {
      const result = this.command(command);
      if (result === undefined) continue;
      const line = this.script.source.slice(0, command.start).split('\n').length;
      const verdict =
        this.refused && result !== true ? 'refused' : result === true ? 'pass' : 'fail';
      verdicts.push({
        line,
        command: head(command),
        result: verdict,
        detail: result === true ? '' : result,
      });
    }
    return verdicts;
  }

  /** True for a pass, a reason for a failure, undefined where nothing was asserted. */
  private command(command: List): true | string | undefined {
    const items = command.items;
    switch (head(command)) {
      case 'module':
        return this.expect(this.module(command), 'values');
      case 'register': {
        const loaded = isName(items[2]) ? this.instances.get(items[2]) : this.current;
        if (loaded !== undefined) this.world.registered.set(text(items[1]), loaded.exports);
        return undefined;
      }
      case 'invoke':
      case 'get':
        return this.expect(this.action(command), 'values');
      case 'assert_return':
        return this.returned(this.action(items[1] as List), items.slice(2).map(parseValue));
      case 'assert_trap':
        return this.expect(
          head(items[1]) === 'module'
            ? this.module(items[1] as List)
            : this.action(items[1] as List),
          'trap',
        );
      case 'assert_exhaustion':
        return this.expect(this.action(items[1] as List), 'exhaustion');
      case 'assert_exception':
        return this.expect(this.action(items[1] as List), 'exception');
      case 'assert_unlinkable':
        return this.expect(this.module(items[1] as List), 'unlinkable');
      case 'assert_invalid':
      case 'assert_malformed':
        return this.rejected(this.compiled(items[1] as List));
      default:
        return undefined;
    }
  }

  private expect(outcome: Outcome, kind: Outcome['kind']): true | string {
    if (outcome.kind === 'refused') this.refused = true;
    if (outcome.kind === kind) return true;
    return `expected ${kind}, got ${outcome.kind}${'text' in outcome ? `: ${outcome.text}` : ''}`;
  }

  /** A module that the meter refuses for its features is no less rejected. */
  private rejected(outcome: Outcome): true | string {
    return outcome.kind === 'refused' || this.expect(outcome, 'rejected');
  }

  private returned(outcome: Outcome, expected: readonly Value[]): true | string {
    if (outcome.kind !== 'values') return this.expect(outcome, 'values');
    const same =
      outcome.values.length === expected.length &&
      expected.every((value, i) => matches(value, outcome.types[i] as string, outcome.values[i]));
    return same || `wrong result ${outcome.values.map(String).join(' ')}`;
  }

  private compiled(node: List): Outcome {
    return this.world.attempt(() => {
      this.compile(node);
      return { kind: 'values', values: [], types: [] };
    });
  }

  private compile(node: List): WebAssembly.Module {
    const bytes = this.script.binaries.get(node);
    if (bytes === undefined || bytes instanceof Error)
      throw new WebAssembly.CompileError(String(bytes));
    return this.world.compile(bytes);
  }

  private module(node: List): Outcome {
    this.refused = false;
    this.current = undefined;
    return this.world.attempt(() => {
      const [, first, second, third] = node.items;
      if (first === 'definition') {
        const module = this.compile(node);
        this.definition = module;
        if (isName(second)) this.modules.set(second, module);
        return { kind: 'values', values: [], types: [] };
      }
      let module: WebAssembly.Module | undefined;
      if (first === 'instance') module = isName(third) ? this.modules.get(third) : this.definition;
      else module = this.compile(node);
      if (module === undefined) throw new WebAssembly.CompileError('no such module');
      const name = first === 'instance' ? second : first;
      this.current = this.world.instantiate(module);
      if (isName(name)) this.instances.set(name, this.current);
      return { kind: 'values', values: [], types: [] };
    });
  }

  private action(node: List): Outcome {
    return this.world.attempt(() => {
      const rest = node.items.slice(1);
      const loaded = isName(rest[0]) ? this.instances.get(rest.shift() as string) : this.current;
      if (loaded === undefined) throw new Error('no instance');
      const name = text(rest.shift());
      if (head(node) === 'get') return this.get(loaded, name);
      const args = rest
        .map(parseValue)
        .map((value) => (value.type.endsWith('ref') ? value.ref : value.bits));
      return this.world.call(loaded, name, args);
    });
  }

  private get(loaded: Loaded, name: string): Outcome {
    const global = loaded.exports[name] as WebAssembly.Global;
    const type = loaded.globals.get(name) ?? '';
    const { value } = global;
    if (type === 'i32')
      return { kind: 'values', values: [BigInt.asUintN(32, BigInt(value))], types: [type] };
    if (type === 'i64')
      return { kind: 'values', values: [BigInt.asUintN(64, value)], types: [type] };
    const view = new DataView(new ArrayBuffer(8));
    if (type === 'f32') view.setFloat32(0, value);
    else if (type === 'f64') view.setFloat64(0, value);
    else return { kind: 'values', values: [value], types: [type] };
    const bits = type === 'f32' ? BigInt(view.getUint32(0)) : view.getBigUint64(0);
    return { kind: 'values', values: [bits], types: [type] };
  }
}
