//! Measurements beside the peers, in turns in one run: `cargo xtask bench`, called by `bench/run`.
//!
//! Every subject prints the medians of all programs, the ratios that are our goals, and
//! whether the answers agree.

mod broken;
mod disk;
pub(crate) mod measure;
mod subjects;
mod table;

use crate::differential::default_data;
use std::path::PathBuf;

/// What the caller asked for.
struct Options {
    data: PathBuf,
    formwork: PathBuf,
    rounds: usize,
    only: Option<String>,
}

/// Measures all subjects, or the one that is named; `Ok(false)` when a goal is missed.
pub(crate) fn run(arguments: &[String]) -> Result<bool, String> {
    if let [first, rest @ ..] = arguments
        && first == "disk"
    {
        return disk::run(rest);
    }
    let options = Options::parse(arguments)?;
    let bench = subjects::Bench::new(&options.data, &options.formwork, options.rounds)?;
    let mut met = true;
    let mut measured = 0;
    for (name, subject) in subjects::ALL {
        if options
            .only
            .as_ref()
            .is_none_or(|only| name.starts_with(only.as_str()))
        {
            met &= subject(&bench)?;
            measured += 1;
        }
    }
    if measured == 0 {
        let names: Vec<&str> = subjects::ALL.iter().map(|(name, _)| *name).collect();
        return Err(format!("subjects: {}", names.join(", ")));
    }
    Ok(met)
}

impl Options {
    fn parse(arguments: &[String]) -> Result<Self, String> {
        let mut options = Self {
            data: default_data(),
            formwork: "target/release/formwork".into(),
            rounds: 3,
            only: None,
        };
        let mut arguments = arguments.iter();
        while let Some(name) = arguments.next() {
            let value = arguments
                .next()
                .ok_or_else(|| format!("{name} needs a value"))?;
            match name.as_str() {
                "--data" => options.data = value.into(),
                "--formwork" => options.formwork = value.into(),
                "--rounds" => options.rounds = value.parse().map_err(|_| "--rounds: no number")?,
                "--only" => options.only = Some(value.clone()),
                _ => return Err(format!("unknown option `{name}`")),
            }
        }
        Ok(options)
    }
}
