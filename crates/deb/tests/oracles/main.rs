//! Our reading of Debian's formats against dpkg's own, on this machine's tools.
//!
//! They are those of the packages dpkg, tar and dpkg-dev, which `./check` installs.

mod containers;
mod relations;
mod status;
mod versions;

use std::io::Write;
use std::process::{Command, Stdio};

/// Runs a tool on some input and gives what it prints; the tool must be there and succeed.
fn run(program: &str, arguments: &[&str], input: &[u8]) -> Vec<u8> {
    let mut child = Command::new(program)
        .args(arguments)
        .env("LC_ALL", "C.UTF-8")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("cannot start {program}: {error}"));
    let mut stdin = child.stdin.take().expect("stdin is a pipe");
    let input = input.to_owned();
    let writer = std::thread::spawn(move || stdin.write_all(&input));
    let output = child.wait_with_output().expect("the tool ends");
    writer
        .join()
        .expect("the writer ends")
        .expect("the tool reads its input");
    assert!(
        output.status.success(),
        "{program} {arguments:?}: {}",
        output.status
    );
    output.stdout
}

fn run_text(program: &str, arguments: &[&str], input: &str) -> String {
    String::from_utf8(run(program, arguments, input.as_bytes())).expect("UTF-8")
}

/// A small generator of numbers, the same in every run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: usize) -> usize {
        // xorshift64*, by Vigna
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) as usize % bound
    }

    fn pick<'a>(&mut self, choices: &[&'a str]) -> &'a str {
        choices[self.below(choices.len())]
    }
}
