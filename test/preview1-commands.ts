/** Commands for preview 1 of real compilers: they allocate, write, read and list, and look whether their heap is still what it was. */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

const go = `package main

import (
	"fmt"
	"os"
	"runtime"
)

func main() {
	directory := os.Args[1]
	var kept [][]byte
	for round := 0; round < 16; round++ {
		bytes := make([]byte, 1+round*7919%120000)
		for at := range bytes {
			bytes[at] = byte(round)
		}
		kept = append(kept, bytes)
		name := fmt.Sprintf("%s/%d", directory, round)
		if err := os.WriteFile(name, bytes, 0o644); err != nil {
			fmt.Println("write", err)
			os.Exit(2)
		}
		read, err := os.ReadFile(name)
		if err != nil || len(read) != len(bytes) {
			fmt.Println("read", len(read), err)
			os.Exit(3)
		}
		if entries, err := os.ReadDir(directory); len(entries) != round+1 {
			fmt.Println("list", len(entries), err)
			os.Exit(4)
		}
		runtime.GC()
		for value, block := range kept {
			for _, found := range block {
				if found != byte(value) {
					fmt.Println("block", value, "has", found, "in round", round)
					os.Exit(5)
				}
			}
		}
	}
	fmt.Println("sound")
}
`;

const c = `#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { rounds = 60 };

int main(int argc, char **argv) {
  unsigned char *kept[rounds];
  for (int round = 0; round < rounds; round++) {
    size_t size = 1 + round * 7919 % 60000;
    kept[round] = memset(malloc(size), round, size);
    char name[4096];
    snprintf(name, sizeof name, "%s/%d", argv[argc - 1], round % 8);
    FILE *file = fopen(name, "w");
    if (!file || fwrite(kept[round], 1, size, file) != size || fclose(file)) return 2;
    DIR *directory = opendir(argv[argc - 1]);
    if (!directory || !readdir(directory) || closedir(directory)) return 3;
    for (int before = 0; before <= round; before++)
      for (size_t at = 0; at < 1 + before * 7919 % 60000; at += 61)
        if (kept[before][at] != before) return 4;
  }
  puts("sound");
}
`;

export function goCommand(folder: string): string {
  writeFileSync(join(folder, 'main.go'), go);
  writeFileSync(join(folder, 'go.mod'), 'module command\n\ngo 1.21\n');
  const env = { ...process.env, GOOS: 'wasip1', GOARCH: 'wasm' };
  execFileSync('go', ['build', '-o', 'command.wasm', '.'], { cwd: folder, env });
  return join(folder, 'command.wasm');
}

export function cCommand(folder: string): string {
  writeFileSync(join(folder, 'main.c'), c);
  const args = ['--target=wasm32-wasi', '-Os', '-o', 'command.wasm', 'main.c'];
  execFileSync('clang', args, { cwd: folder });
  return join(folder, 'command.wasm');
}
