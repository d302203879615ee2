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
  PRM: '01 02 03',
  TOM: '01 02 03',
  AUD: '01',
  LIF: '01 02 03',
};
