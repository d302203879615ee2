/** The tool's own error, on its way out of a call. */
import type { ToolErrorMessage } from './messages.ts';

/** Longest text of an error that leaves the isolate, in UTF-16 units; an error is no road around the output limit. */
export const MESSAGE_LENGTH = 4096;

/** Longest JSON text of an error's details; longer ones are left out. */
export const DETAILS_LENGTH = 16_384;

export class ToolFailure extends Error {
  readonly error: ToolErrorMessage;
  constructor(kind: ToolErrorMessage['case'], message: string, details: string | null = null) {
    super('the tool failed');
    this.error = {
      case: kind,
      code: null,
      message: message.slice(0, MESSAGE_LENGTH),
      details: details !== null && details.length <= DETAILS_LENGTH ? details : null,
    };
  }
}
