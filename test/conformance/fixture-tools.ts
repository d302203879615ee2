/** What `skill inspect` would say of a component's tools, for components that are only looked at. */
import type { PreparedComponent } from '../../packages/engine/src/component/prepare.ts';
import { SkillError } from '../../packages/engine/src/errors.ts';
import { compileTool } from '../../packages/engine/src/schema/index.ts';
import { commandTool } from '../../packages/engine/src/tools.ts';
import { typedTools } from '../../packages/engine/src/wit/typed-tools.ts';

export interface Listing {
  /** Names of tools; empty where the component has none that JSON can call. */
  readonly names: readonly string[];
  /** How many tools have a description. */
  readonly described: number;
  /** Why there is none. */
  readonly refused: string | undefined;
}

/** Every schema is compiled, and a second listing must be the same as the first. */
export function listTools(component: PreparedComponent): Listing {
  try {
    const tools = toolsOf(component);
    if (JSON.stringify(tools) !== JSON.stringify(toolsOf(component)))
      throw new Error('two listings of one component differ');
    for (const { name, schema } of tools) {
      if (!/^[A-Za-z][A-Za-z0-9_-]{0,63}$/u.test(name)) throw new Error(`a tool called ${name}`);
      compileTool({ schema }, { tool: name });
    }
    const names = tools.map(({ name }) => name);
    if (new Set(names).size < names.length) throw new Error(`two tools of one name: ${names}`);
    const described = tools.filter(({ description }) => description !== undefined).length;
    return { names, described, refused: undefined };
  } catch (error) {
    if (!(error instanceof SkillError) || error.code !== 'COMPONENT_UNSUPPORTED') throw error;
    return { names: [], described: 0, refused: error.message };
  }
}

function toolsOf(component: PreparedComponent) {
  if (component.shape === 'typed') return typedTools(component.wit!);
  if (component.shape === 'command') return [commandTool];
  throw new Error(`fixtures of the shape ${component.shape} list their tools themselves`);
}
