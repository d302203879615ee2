// FS-01: leave the granted directory by the text of a path alone.
const climbs = [
  '..',
  '../',
  '../secret.txt',
  './../secret.txt',
  'inner/../../secret.txt',
  'inner/../../../etc/passwd',
  '/etc/passwd',
  '//etc/passwd',
  '/',
  '..//secret.txt',
  '.././secret.txt',
  'inner/./../../secret.txt',
  '..\\secret.txt',
  'C:\\secret.txt',
  '%2e%2e/secret.txt',
  '\uff0e\uff0e/secret.txt',
  '\u2024\u2024/secret.txt',
];

/** Returns, for every form, the WASI error or what was opened. */
export default function (wasi) {
  const [[directory]] = wasi.filesystem.preopens.getDirectories();
  return climbs.map((path) => {
    try {
      const opened = directory.openAt({ symlinkFollow: true }, path, {}, { read: true });
      return { path, opened: opened.getType() };
    } catch (error) {
      return { path, error: error.payload ?? String(error) };
    }
  });
}
