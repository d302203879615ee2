#!/usr/bin/env node
// Plain JavaScript without static imports, so that an old Node can read it and say what is wrong.
const needed = 24;
const major = Number(process.versions.node.split('.')[0]);

if (major < needed) {
  process.stderr.write(
    'skill needs Node.js ' +
      needed +
      ' or later; this is ' +
      process.versions.node +
      ' (' +
      process.execPath +
      ').\n' +
      'Install a current one from https://nodejs.org, or put it first on PATH.\n',
  );
  process.exitCode = 7;
} else {
  import('../dist/main.js').then(
    (cli) => cli.start(),
    (error) => {
      process.stderr.write('skill cannot start: ' + (error && error.message) + '\n');
      process.exitCode = 7;
    },
  );
}
