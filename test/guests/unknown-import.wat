;; native: import evil:host/shell@1.0.0;
;; package evil:host@1.0.0 { interface shell { execute: func(command: string) -> u32; } }
;; GEN-11: asks for an interface that no host should have.
(import "evil:host/shell@1.0.0" "execute" (func $execute (param i32 i32) (result i32)))
(func (export "skill:engine/tools@0.1.0#invoke") (param i32 i32 i32 i32) (result i32)
  (call $ok-number (call $execute (i32.const 128) (i32.const 3))))
