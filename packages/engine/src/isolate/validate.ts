/** Checks of what an isolate says. It is not trusted: anything that is not exactly of the form is a violation. */
import {
  faults,
  type RequestMessage,
  type ResultMessage,
  type ToolErrorMessage,
} from './messages.ts';

/** Arguments of one request. No operation has more than eight. */
const ARGUMENTS = 16;

/** Longest name of an operation, message or details, in UTF-16 units; an isolate cuts them to 4096. */
const TEXT_LENGTH = 4096;

type Fields = Record<string, unknown>;

function fields(value: unknown, what: string): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new Error(`${what}: not an object`);
  }
  return Object.assign(Object.create(null) as Fields, value);
}

function count(value: unknown, what: string): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) {
    throw new Error(`${what}: not a count`);
  }
  return value;
}

/** Longest JSON text of the details of a tool's error; an isolate leaves out longer ones. */
const DETAILS_LENGTH = 16_384;

function text(value: unknown, what: string, longest = TEXT_LENGTH): string {
  if (typeof value !== 'string') throw new Error(`${what}: not a string`);
  if (value.length > longest) throw new Error(`${what}: too long`);
  return value;
}

export function parseRequest(json: string): RequestMessage {
  const { op, args } = fields(JSON.parse(json), 'request');
  if (!Array.isArray(args) || args.length > ARGUMENTS) throw new Error('request: bad arguments');
  return { op: text(op, 'request.op'), args };
}

export function parseOutput(json: string): 1 | 2 {
  const { stream } = fields(JSON.parse(json), 'output');
  if (stream !== 1 && stream !== 2) throw new Error('output: no such stream');
  return stream;
}

export function parseResult(json: string): ResultMessage {
  const result = fields(JSON.parse(json), 'result');
  const fuelUsed = text(result['fuelUsed'], 'result.fuelUsed');
  if (!/^\d{1,20}$/.test(fuelUsed)) throw new Error('result.fuelUsed: not a number');
  return {
    outcome: parseOutcome(result['outcome']),
    fuelUsed,
    memoryPeakBytes: count(result['memoryPeakBytes'], 'result.memoryPeakBytes'),
    hostCalls: count(result['hostCalls'], 'result.hostCalls'),
  };
}

function parseOutcome(value: unknown): ResultMessage['outcome'] {
  const outcome = fields(value, 'result.outcome');
  switch (outcome['kind']) {
    case 'value':
      return { kind: 'value' };
    case 'exit':
      return { kind: 'exit', code: count(outcome['code'], 'exit code') & 0xff };
    case 'tool-error':
      return { kind: 'tool-error', error: parseToolError(outcome['error']) };
    case 'fault': {
      const fault = faults.find((known) => known === outcome['fault']);
      if (!fault) throw new Error('result.outcome: no such fault');
      return { kind: 'fault', fault, message: text(outcome['message'], 'fault message') };
    }
    default:
      throw new Error('result.outcome: no such kind');
  }
}

function parseToolError(value: unknown): ToolErrorMessage {
  const error = fields(value, 'tool error');
  const kind = error['case'];
  if (kind !== 'unknown-tool' && kind !== 'invalid-parameters' && kind !== 'failed') {
    throw new Error('tool error: no such case');
  }
  const optional = (field: unknown, longest?: number) =>
    field === null ? null : text(field, 'tool error', longest);
  return {
    case: kind,
    code: optional(error['code']),
    message: text(error['message'], 'tool error message'),
    details: optional(error['details'], DETAILS_LENGTH),
  };
}
