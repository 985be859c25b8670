#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| bankrun_fuzz::run("template", bytes));
