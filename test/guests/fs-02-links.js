// FS-02: open what links inside the grant point to, for reading, writing and creating.
export default function (wasi, paths) {
  const [[directory]] = wasi.filesystem.preopens.getDirectories();
  const modes = [
    [{ symlinkFollow: true }, {}, { read: true }],
    [{ symlinkFollow: true }, { create: true }, { read: true, write: true }],
    [{ symlinkFollow: true }, { directory: true }, { read: true }],
    [{}, {}, { read: true }],
  ];
  return paths.flatMap((path) =>
    modes.map(([follow, open, flags]) => {
      try {
        return { path, opened: directory.openAt(follow, path, open, flags).getType() };
      } catch (error) {
        return { path, error: error.payload ?? String(error) };
      }
    }),
  );
}
