// Without the standard library, which the toolchain may not have for FreeBSD: ends with 0 when it has three arguments.
#![feature(no_core, lang_items)]
#![no_core]
#![no_main]

#[lang = "pointee_sized"]
trait PointeeSized {}
#[lang = "meta_sized"]
trait MetaSized: PointeeSized {}
#[lang = "sized"]
trait Sized: MetaSized {}
#[lang = "copy"]
trait Copy {}
impl Copy for i32 {}

#[no_mangle]
extern "C" fn main(count: i32) -> i32 {
    match count {
        3 => 0,
        _ => 1,
    }
}
