//! Runs `formwork_deb::fuzzing::containers`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| formwork_deb::fuzzing::containers(bytes));
