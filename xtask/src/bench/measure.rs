//! Runs commands in turns and keeps what each run took.
//!
//! CPU time and memory come from GNU time, whose grain is 10 ms; the wall time of brief
//! commands is taken without it, so that its own start does not count.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

/// One thing to be measured.
pub(crate) struct Side<'a> {
    pub(crate) label: &'static str,
    /// What must be so before each run; not measured.
    pub(crate) prepare: Box<dyn Fn() -> Result<(), String> + 'a>,
    pub(crate) command: Box<dyn Fn() -> Command + 'a>,
}

/// What the runs of one side took, in the order of the rounds.
#[derive(Default)]
pub(crate) struct Samples {
    pub(crate) wall: Vec<f64>,
    pub(crate) cpu: Vec<f64>,
    /// Largest resident set, in MB.
    pub(crate) memory: Vec<f64>,
    /// Standard output of the last run.
    pub(crate) output: Vec<u8>,
}

/// Measures all sides once a round: A B C, A B C, …
pub(crate) fn in_turns(
    sides: &[Side<'_>],
    rounds: usize,
    scratch: &Path,
) -> Result<Vec<Samples>, String> {
    let mut samples: Vec<Samples> = sides.iter().map(|_| Samples::default()).collect();
    for _ in 0..rounds {
        for (side, kept) in sides.iter().zip(&mut samples) {
            (side.prepare)()?;
            eprintln!("  {}", side.label);
            timed(&(side.command)(), scratch, kept)?;
        }
    }
    Ok(samples)
}

/// Measures brief commands in turns: wall time alone, then one run each for CPU and memory.
pub(crate) fn brief_in_turns(
    sides: &[Side<'_>],
    rounds: usize,
    scratch: &Path,
) -> Result<Vec<Samples>, String> {
    let mut samples = in_turns(sides, 1, scratch)?;
    for kept in &mut samples {
        kept.wall.clear();
    }
    for _ in 0..rounds {
        for (side, kept) in sides.iter().zip(&mut samples) {
            (side.prepare)()?;
            let mut command = (side.command)();
            command.stdout(Stdio::null()).stderr(Stdio::null());
            let start = Instant::now();
            let status = command
                .status()
                .map_err(|error| trouble(&command, &error))?;
            kept.wall.push(start.elapsed().as_secs_f64());
            if !status.success() {
                return Err(format!("{}: {status}", side.label));
            }
        }
    }
    Ok(samples)
}

/// Runs a command under GNU time.  An exit status of 1 is an answer: some packages are broken.
pub(crate) fn timed(command: &Command, scratch: &Path, kept: &mut Samples) -> Result<(), String> {
    let record = scratch.join("time");
    let mut timed = Command::new("/usr/bin/time");
    timed
        .args(["--quiet", "--format=%U %S %M", "--output"])
        .arg(&record);
    timed.arg(command.get_program()).args(command.get_args());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => timed.env(name, value),
            None => timed.env_remove(name),
        };
    }
    if let Some(directory) = command.get_current_dir() {
        timed.current_dir(directory);
    }
    let start = Instant::now();
    let output = timed.output().map_err(|error| trouble(&timed, &error))?;
    kept.wall.push(start.elapsed().as_secs_f64());
    if !matches!(output.status.code(), Some(0 | 1)) {
        let complaint = String::from_utf8_lossy(&output.stderr);
        return Err(format!("{command:?}: {}: {complaint}", output.status));
    }
    let record = std::fs::read_to_string(&record).map_err(|error| error.to_string())?;
    let numbers: Vec<f64> = record
        .split_whitespace()
        .filter_map(|word| word.parse().ok())
        .collect();
    let [user, system, kilobytes] = numbers[..] else {
        return Err(format!("time wrote `{record}`"));
    };
    kept.cpu.push(user + system);
    kept.memory.push(kilobytes / 1000.0);
    kept.output = output.stdout;
    Ok(())
}

fn trouble(command: &Command, error: &std::io::Error) -> String {
    format!("cannot run {}: {error}", command.get_program().display())
}

/// The middle value.
pub(crate) fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    match sorted.len() {
        0 => f64::NAN,
        count if count % 2 == 1 => sorted[count / 2],
        count => f64::midpoint(sorted[count / 2 - 1], sorted[count / 2]),
    }
}

/// The median of the ratios of each round's pair.
pub(crate) fn ratio(one: &[f64], other: &[f64]) -> f64 {
    let ratios: Vec<f64> = one
        .iter()
        .zip(other)
        .map(|(one, other)| one / other)
        .collect();
    median(&ratios)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn medians_and_paired_ratios() {
        assert_eq!(median(&[3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(&[4.0, 1.0, 2.0, 3.0]), 2.5);
        assert_eq!(ratio(&[1.0, 9.0, 2.0], &[2.0, 9.0, 8.0]), 0.5);
    }
}
