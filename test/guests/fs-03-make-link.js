// FS-03: make links that lead out of the grant, then read through them.
export default function (wasi, outside, utf8) {
  const [[directory]] = wasi.filesystem.preopens.getDirectories();
  const targets = [
    '..',
    '../secret.txt',
    outside,
    '/etc/passwd',
    'inner/../../secret.txt',
    '/proc/self/environ',
  ];
  const made = [];
  const read = [];
  for (const [index, target] of targets.entries()) {
    const name = `link-${index}`;
    try {
      directory.symlinkAt(target, name);
      made.push(target);
    } catch {}
    try {
      const file = directory.openAt({ symlinkFollow: true }, name, {}, { read: true });
      read.push(utf8.decode(file.read(100, 0)[0]));
    } catch {}
  }
  return { made, read };
}
