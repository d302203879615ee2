/** Node, the isolate, and the layers around it. */
import { detectLayers, tryLayers } from '../isolate/layers.ts';
import { describeIsolation } from '../isolate/report.ts';
import { type Check, fine, problem, warning } from './check.ts';

const OLDEST_NODE = 24;

export async function examineMachine(): Promise<Check[]> {
  return [nodeVersion(), await isolateStarts(), ...(await isolationLayers())];
}

function nodeVersion(): Check {
  const { node } = process.versions;
  const found = `${node}, ${process.platform} ${process.arch}`;
  if (Number(node.split('.')[0]) >= OLDEST_NODE) return fine('Node', found);
  return problem(
    'Node',
    found,
    'The engine does not run on it.',
    `Use Node ${OLDEST_NODE} or newer.`,
  );
}

async function isolateStarts(): Promise<Check> {
  const { layers } = await detectLayers();
  const failure = await tryLayers(layers);
  if (failure === undefined) return fine('isolate', 'starts');
  return problem('isolate', failure, 'No skill can run.', 'Put right what the message names.');
}

async function isolationLayers(): Promise<Check[]> {
  const { layers } = await describeIsolation();
  return layers.map(({ name, by, stops, help }) =>
    help === null
      ? fine(name, `by ${by}; stops ${stops}`)
      : warning(name, 'missing', `Nothing at this layer stops ${stops}.`, help),
  );
}
