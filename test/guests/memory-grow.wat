;; native
;; MEM-02: grows its memory to 40 000 pages (2.4 GiB), 16 pages at a time, and touches every page.
;; Returns the number of pages that it got.
(func (export "skill:engine/tools@0.1.0#invoke") (param i32 i32 i32 i32) (result i32)
  (local $page i32)
  (local.set $page (memory.size))
  (block $refused
    (loop $more
      (br_if $refused (i32.eq (memory.grow (i32.const 16)) (i32.const -1)))
      (loop $touch
        (i32.store8 (i32.shl (local.get $page) (i32.const 16)) (i32.const 1))
        (local.set $page (i32.add (local.get $page) (i32.const 1)))
        (br_if $touch (i32.lt_u (local.get $page) (memory.size))))
      (br_if $more (i32.lt_u (memory.size) (i32.const 40000)))))
  (call $ok-number (memory.size)))
