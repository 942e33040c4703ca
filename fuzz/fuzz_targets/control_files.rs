//! Runs `formwork_deb::fuzzing::control_files`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| formwork_deb::fuzzing::control_files(bytes));
