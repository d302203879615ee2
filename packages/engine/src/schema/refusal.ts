import { SkillError } from '../errors.ts';

/** A schema's fault at one place. `compileTool` turns it into a `SkillError` that names the tool. */
export class SchemaProblem extends Error {
  readonly code: 'SCHEMA_INVALID' | 'SCHEMA_REFUSED';
  /** JSON pointer into the schema, as a fragment: `#/properties/a`. */
  readonly at: string;

  constructor(code: 'SCHEMA_INVALID' | 'SCHEMA_REFUSED', at: string, message: string) {
    super(message);
    this.code = code;
    this.at = at;
  }

  toSkillError(tool: string | undefined): SkillError {
    const whose =
      tool === undefined
        ? 'The parameter schema'
        : `The parameter schema of tool ${JSON.stringify(tool)}`;
    const verdict = this.code === 'SCHEMA_INVALID' ? 'is not valid' : 'is refused';
    return new SkillError(this.code, `${whose} ${verdict} at ${this.at}: ${this.message}.`, {
      details: { at: this.at, ...(tool === undefined ? {} : { tool }) },
    });
  }
}

/** Appends one step to a pointer, escaped as RFC 6901 has it, and short. */
export function pointerTo(at: string, step: string | number): string {
  const text = String(step).replaceAll('~', '~0').replaceAll('/', '~1');
  return `${at}/${text.length <= 64 ? text : `${text.slice(0, 64)}…`}`;
}
