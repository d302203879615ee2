/** The same work by node:fs, synchronous, timed the same way. */
import { closeSync, constants, openSync, readdirSync, readSync, writeSync } from 'node:fs';
import { join } from 'node:path';

const piece = Buffer.alloc(64 * 1024);
const pieces = 16;

export function plain(task: string, rounds: number, data: string): number[] {
  const work: Record<string, () => void> = {
    open: () => readOnce(join(data, 'file')),
    stream: () => readOnce(join(data, 'file')),
    read: () => readAll(join(data, 'large')),
    write: () => writeAll(join(data, 'written')),
    list: () => void readdirSync(join(data, 'entries'), { withFileTypes: true }),
  };
  const times: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const start = process.hrtime.bigint();
    work[task]!();
    times.push(Number(process.hrtime.bigint() - start));
  }
  return times;
}

function readOnce(path: string): void {
  const file = openSync(path, 'r');
  readSync(file, piece, 0, 4096, 0);
  closeSync(file);
}

function readAll(path: string): void {
  const file = openSync(path, 'r');
  for (let at = 0; at < pieces; at += 1) readSync(file, piece, 0, piece.length, at * piece.length);
  closeSync(file);
}

function writeAll(path: string): void {
  const file = openSync(path, constants.O_WRONLY | constants.O_CREAT);
  for (let at = 0; at < pieces; at += 1) writeSync(file, piece, 0, piece.length, at * piece.length);
  closeSync(file);
}
