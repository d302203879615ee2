// FS-22: NUL in a path, for every call that takes one.
const calls = {
  openAt: (directory, path) => directory.openAt({}, path, {}, { read: true }),
  statAt: (directory, path) => directory.statAt({}, path),
  createDirectoryAt: (directory, path) => directory.createDirectoryAt(path),
  unlinkFileAt: (directory, path) => directory.unlinkFileAt(path),
  removeDirectoryAt: (directory, path) => directory.removeDirectoryAt(path),
  readlinkAt: (directory, path) => directory.readlinkAt(path),
  symlinkAt: (directory, path) => directory.symlinkAt('target', path),
  symlinkTarget: (directory, path) => directory.symlinkAt(path, 'link'),
  renameAt: (directory, path) => directory.renameAt(path, directory, 'other'),
  linkAt: (directory, path) => directory.linkAt({}, path, directory, 'other'),
};

/** Returns, for every call, the WASI error or that there was none. */
export default function (wasi) {
  const [[directory]] = wasi.filesystem.preopens.getDirectories();
  return Object.entries(calls).map(([call, make]) => {
    try {
      make(directory, 'a.txt\u0000.png');
      return { call, error: null };
    } catch (error) {
      return { call, error: error.payload ?? String(error) };
    }
  });
}
