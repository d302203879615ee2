#!/bin/sh
# Compiles the kernels (AssemblyScript, kept as .as so that no other tool takes them for TypeScript).
#     sh bench/metering/kernels/build.sh
set -e
cd "$(dirname "$0")"
asc="${ASC:-npx --yes --package assemblyscript@0.28.20 asc}"
temporary=$(mktemp -d)
for source in *.as; do
  name="${source%.as}"
  cp "$source" "$temporary/$name.ts"
  $asc "$temporary/$name.ts" --baseDir "$temporary" -o "$temporary/$name.wasm" \
    -O3 --noAssert --runtime stub --initialMemory 64 --use abort=
  mv "$temporary/$name.wasm" "$name.wasm"
done
rm -r "$temporary"
