/** A plain script: `node examples/script.ts [SKILL]`. */
import { createEngine } from '@skill-engine/engine';

const [path = 'examples/tools'] = process.argv.slice(2);

await using engine = await createEngine();
const [skill] = await engine.load(path);

const result = await engine.execute(skill!.name, 'sum', { numbers: [1, 2.5] });
if (!result.ok) throw result.error;
console.log(`sum: ${JSON.stringify(result.value)}`);

// What the tool does wrong is a result, too; nothing is thrown.
const endless = await engine.execute(skill!.name, 'spin', {}, { limits: { fuel: 10_000_000 } });
console.log(`spin: ${endless.ok ? 'ended' : endless.error.code}`);
