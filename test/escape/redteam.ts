/**
 * The attacks that the sandbox must hold, by id: each is a test in this folder whose title has the id. Those of the
 * record's files and of credentials need no guest, and stand beside the code that they attack.
 */
export const attacks: Readonly<Record<string, string>> = {
  GEN: '01 08 10 11 12',
  FS: '01 02 03 04 10 12 13 14 15 17 19 20 22 23 24 25 27 30 31 32 33 35',
  ENV: '01 02 03',
  CLI: '01 02 03 04 05',
  CLK: '01 02 05',
  RND: '01',
  NET: '01 02 03 05 07 09 11 12 13 14 16 17 18 19 20 23',
  CPU: '01 02 03 07 10',
  MEM: '01 02 03 04 06 08',
  ERR: '01 03',
  PRM: '01 02 03 04',
  TOM: '01 02 03',
  AUD: '01',
  CRD: '09',
  LIF: '01 02 03',
};

/** Attacks on files of the engine's own: `file :: part of a test's title`. */
export const beside: Readonly<Record<string, readonly string[]>> = {
  'AUD-02': [
    'packages/engine/src/audit/tamper.test.ts :: a change of the database is found',
    'packages/engine/src/audit/tamper.test.ts :: a change of the files is found, and nothing is written behind it',
  ],
  'AUD-04': [
    'packages/engine/src/audit/sqlite-crash.test.ts :: loses no acknowledged record, and its open invocations become interrupted',
    'packages/engine/src/audit/sqlite-unwritable.test.ts :: a full disk refuses further invocations and loses no earlier record',
    'packages/engine/src/audit/sqlite-files.test.ts :: a place where nothing can be written is refused',
  ],
  'AUD-05': [
    'packages/engine/src/audit/sqlite-crash.test.ts :: eight writers: every record of each is there, none is marked by another',
  ],
  'CRD-01': ['packages/engine/src/credentials/vault.test.ts :: CRD-01 a flipped bit anywhere'],
  'CRD-02': ['packages/engine/src/credentials/vault.test.ts :: CRD-06 every length but its own'],
  'CRD-04': [
    'packages/engine/src/credentials/vault.test.ts :: CRD-04 a lowered or raised iteration count',
    'packages/engine/src/credentials/vault.test.ts :: opens with the same one, however it was typed, and with no other',
  ],
  'CRD-06': ['packages/engine/src/credentials/vault.test.ts :: CRD-06 every length but its own'],
  'CRD-07': [
    'packages/engine/src/credentials/vault.test.ts :: leaves nothing else in its directory than the file and its lock',
  ],
};
