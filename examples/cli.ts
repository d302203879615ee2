/** A command line of one's own: `node examples/cli.ts --skill examples/tools TOOL [NAME=VALUE…]`. */
import { parseArgs } from 'node:util';
import { createEngine, errorCodes, escapeText } from '@skill-engine/engine';

const { values, positionals } = parseArgs({
  options: { skill: { type: 'string', default: 'examples/tools' } },
  allowPositionals: true,
});
const [tool, ...pairs] = positionals;

await using engine = await createEngine();
const [skill] = await engine.load(values.skill);

/** Values are JSON where they are, and text otherwise. */
function parameterOf(pair: string): [string, unknown] {
  const [, name = pair, text = ''] = /^([^=]*)=(.*)$/su.exec(pair) ?? [];
  try {
    return [name, JSON.parse(text)];
  } catch {
    return [name, text];
  }
}

const interrupted = new AbortController();
process.once('SIGINT', () => interrupted.abort());

if (tool === undefined) {
  for (const { name, description = '' } of engine.tools()) {
    console.log(escapeText(`${name}  ${description}`.trim()));
  }
} else {
  const parameters = Object.fromEntries(pairs.map(parameterOf));
  const { signal } = interrupted;
  const result = await engine.execute(skill!.name, tool, parameters, { signal });
  if (result.ok) console.log(JSON.stringify(result.value));
  else {
    // What comes from a guest may hold control characters of a terminal.
    console.error(`${result.error.code}: ${escapeText(result.error.message)}`);
    process.exitCode = errorCodes[result.error.code].owner === 'caller' ? 2 : 1;
  }
}
