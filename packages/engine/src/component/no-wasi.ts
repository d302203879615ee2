/**
 * All that jco's own WebAssembly gets of WASI in the transpiling process: no environment, no files, no input, no
 * clocks. It stands in for every module of `@bytecodealliance/preview2-shim`. What jco prints (a panic, before it
 * traps) is kept for the error message.
 */

const printedLimit = 4096;
let printed = '';

/** What was printed so far, cut after a few kilobytes. */
export function whatWasPrinted(): string {
  return printed;
}

export class OutputStream {
  checkWrite(): bigint {
    return 65_536n;
  }
  write(contents: Uint8Array): void {
    if (printed.length < printedLimit)
      printed += new TextDecoder().decode(contents.subarray(0, printedLimit));
  }
  blockingWriteAndFlush(contents: Uint8Array): void {
    this.write(contents);
  }
  flush(): void {}
  blockingFlush(): void {}
}

export class InputStream {
  read(): never {
    throw { tag: 'closed' };
  }
  blockingRead(): never {
    throw { tag: 'closed' };
  }
}

class Closed {}
const output = new OutputStream();
const input = new InputStream();

export const environment = {
  getEnvironment: () => [],
  getArguments: () => [],
  initialCwd: () => undefined,
};
export const exit = {
  exit(): never {
    throw new Error('jco ended its process');
  },
};
export const stdin = { getStdin: () => input };
export const stdout = { getStdout: () => output };
export const stderr = { getStderr: () => output };
export const terminalInput = { TerminalInput: Closed };
export const terminalOutput = { TerminalOutput: Closed };
export const terminalStdin = { getTerminalStdin: () => undefined };
export const terminalStdout = { getTerminalStdout: () => undefined };
export const terminalStderr = { getTerminalStderr: () => undefined };
export const preopens = { getDirectories: () => [] };
export const types = {
  Descriptor: Closed,
  DirectoryEntryStream: Closed,
  filesystemErrorCode: () => undefined,
};
export const error = { Error: Closed };
export const streams = { InputStream, OutputStream };
/** Seeds hash tables, nothing else: the same component gives the same code each time. */
export const random = {
  getRandomBytes: (length: bigint) => new Uint8Array(Number(length)),
  getRandomU64: () => 0n,
};
