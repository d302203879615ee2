// FS-20: a name that begins like the grant's, reached from the grant and by its whole path.
export default function (wasi, outside) {
  const [[directory]] = wasi.filesystem.preopens.getDirectories();
  const paths = [
    outside,
    '../data-secret/secret.txt',
    '-secret/secret.txt',
    './../data-secret',
    outside.slice(1),
  ];
  return paths.map((path) => {
    try {
      return {
        path,
        opened: directory.openAt({ symlinkFollow: true }, path, {}, { read: true }).getType(),
      };
    } catch (error) {
      return { path, error: error.payload ?? String(error) };
    }
  });
}
