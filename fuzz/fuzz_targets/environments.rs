//! Runs `formwork_format::fuzzing::environments`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| formwork_format::fuzzing::environments(bytes));
