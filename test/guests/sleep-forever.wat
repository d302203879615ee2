;; native: import wasi:clocks/monotonic-clock@0.2.12;
;; CLK-01: waits for 2^64-1 nanoseconds, some 584 years.
(import "wasi:clocks/monotonic-clock@0.2.12" "subscribe-duration"
  (func $subscribe-duration (param i64) (result i32)))
(import "wasi:io/poll@0.2.12" "[method]pollable.block" (func $block (param i32)))
(func (export "skill:engine/tools@0.1.0#invoke") (param i32 i32 i32 i32) (result i32)
  (call $block (call $subscribe-duration (i64.const -1)))
  (call $ok-number (i32.const 42)))
