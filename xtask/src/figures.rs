//! `cargo xtask figures`: measures what the README promises and writes its table of figures.
//!
//! Each row is measured beside the peer and kept in `bench/figures.json` as soon as it is there,
//! so that a run that was stopped goes on where it was; `--only` measures some rows anew,
//! `--again` all. The table stands in the README between two marks, and is made from that file
//! alone: a check sees to it that both agree. Figures of another machine are dropped.

mod machine;
mod table;

use crate::bench::measure::{Samples, median, ratio};
use crate::rootfs::place::Place;
use crate::rootfs::{Options, bench};
use crate::{rebuild, source};
use serde_json::{Value, json};

/// Where the figures are kept.
const KEPT: &str = "bench/figures.json";
/// Where the table stands.
const PAGE: &str = "README.md";
/// How the command is called.
const USAGE: &str =
    "figures [--only ROW,…] [--again] [--rounds N] [--formwork PROGRAM] [--data DIR]";

/// What is measured for a row.
#[derive(Clone, Copy)]
enum Subject {
    /// A tree beside mmdebstrap, made where the last word says.
    Tree {
        suite: &'static str,
        architecture: &'static str,
        set: &'static str,
        work: &'static str,
    },
    /// A disk after an edit, and with nothing changed.
    Rebuild,
    /// Measured with the row before.
    Unchanged,
}

/// One row of the table.
struct Row {
    name: &'static str,
    title: &'static str,
    goal: &'static str,
    subject: Subject,
}

const fn tree(suite: &'static str, set: &'static str, work: &'static str) -> Subject {
    Subject::Tree {
        suite,
        architecture: "amd64",
        set,
        work,
    }
}

/// All rows in the order of the table.
const ROWS: [Row; 8] = [
    Row {
        name: "minbase-trixie",
        title: "minbase of trixie to a tar, cold, in memory",
        goal: "1/5",
        subject: tree("trixie", "minbase", "memory"),
    },
    Row {
        name: "minbase-trixie-disk",
        title: "minbase of trixie to a tar, cold, on disk",
        goal: "1/5",
        subject: tree("trixie", "minbase", "disk"),
    },
    Row {
        name: "minbase-bookworm",
        title: "minbase of bookworm to a tar, cold, in memory",
        goal: "1/4",
        subject: tree("bookworm", "minbase", "memory"),
    },
    Row {
        name: "minbase-bookworm-disk",
        title: "minbase of bookworm to a tar, cold, on disk",
        goal: "1/4",
        subject: tree("bookworm", "minbase", "disk"),
    },
    Row {
        name: "industrial-bookworm",
        title: "240 packages that boot, with their initial RAM disk (`bench/industrial.txt`), cold",
        goal: "1/4",
        subject: tree("bookworm", "industrial", "memory"),
    },
    Row {
        name: "minbase-bookworm-arm64",
        title: "minbase of bookworm for arm64, cold and emulated",
        goal: "1/3",
        subject: Subject::Tree {
            suite: "bookworm",
            architecture: "arm64",
            set: "minbase",
            work: "memory",
        },
    },
    Row {
        name: "rebuild",
        title: "a disk that boots, after one edit, beside `mkfs.erofs` and `sfdisk` as well",
        goal: "1/20",
        subject: Subject::Rebuild,
    },
    Row {
        name: "unchanged",
        title: "the same disk with nothing changed",
        goal: "0.3 s",
        subject: Subject::Unchanged,
    },
];

/// What the caller asked for.
struct Task {
    options: Options,
    only: Vec<String>,
    again: bool,
}

/// Measures the rows that are missing, or those asked for, and writes the table;
/// `Ok(false)` where a build after an edit is not that from nothing.
pub(crate) fn run(arguments: &[String]) -> Result<bool, String> {
    let task = parse(arguments)?;
    let mut kept = match task.again && task.only.is_empty() {
        true => Value::Null,
        false => load()?,
    };
    let here = machine::here()?;
    if kept["machine"] != here {
        if !kept.is_null() {
            eprintln!(
                "the figures of another machine are dropped: {}",
                kept["machine"]
            );
        }
        kept = json!({"machine": here, "rows": {}});
    }
    let mut good = true;
    for row in &ROWS {
        let wanted = match task.only.is_empty() {
            true => kept["rows"][row.name].is_null(),
            false => task.only.iter().any(|name| name == row.name),
        };
        if !wanted || matches!(row.subject, Subject::Unchanged) {
            continue;
        }
        eprintln!("{}", row.name);
        let measured = measure(row, &task.options)?;
        for (name, figures) in measured.rows {
            kept["rows"][name] = figures;
        }
        for finding in &measured.findings {
            println!("{finding}");
            good = false;
        }
        save(&kept)?;
    }
    println!("{}", table::text(&kept)?);
    Ok(good)
}

fn parse(arguments: &[String]) -> Result<Task, String> {
    let mut task = Task {
        options: Options::new(),
        only: Vec::new(),
        again: false,
    };
    let mut arguments = arguments.iter();
    while let Some(name) = arguments.next() {
        if name == "--again" {
            task.again = true;
            continue;
        }
        let value = match arguments.next() {
            Some(value) if !matches!(&name[..], "--help" | "-h") => value,
            _ => return Err(format!("{name}: {USAGE}")),
        };
        match name.as_str() {
            "--only" => task.only = value.split(',').map(str::to_owned).collect(),
            _ if task.options.take(name, value)? => {}
            _ => return Err(format!("unknown option `{name}`: {USAGE}")),
        }
    }
    for name in &task.only {
        let known = ROWS
            .iter()
            .filter(|row| !matches!(row.subject, Subject::Unchanged));
        let known: Vec<&str> = known.map(|row| row.name).collect();
        if !known.contains(&&name[..]) {
            return Err(format!("no row is called {name}: {}", known.join(", ")));
        }
    }
    task.options = task.options.settled()?;
    Ok(task)
}

/// The figures of one row, or of two that are measured together.
struct Measured {
    rows: Vec<(&'static str, Value)>,
    findings: Vec<String>,
}

fn measure(row: &Row, options: &Options) -> Result<Measured, String> {
    match row.subject {
        Subject::Tree {
            suite,
            architecture,
            set,
            work,
        } => {
            let mut options = options.clone();
            options.architecture = architecture.to_owned();
            let place = Place::prepare(&options, suite, set)?;
            let [ours, theirs] = bench::of_equals(&place, work)?;
            Ok(Measured {
                rows: vec![(row.name, pair(&ours, &theirs))],
                findings: Vec::new(),
            })
        }
        Subject::Rebuild | Subject::Unchanged => {
            let measured = rebuild::beside_peer(options, "bookworm")?;
            let peer = measured.peer.last().ok_or("the peer was not measured")?;
            Ok(Measured {
                rows: vec![
                    ("rebuild", pair(&measured.edits, peer)),
                    ("unchanged", json!({"ours": medians(&measured.unchanged)})),
                ],
                findings: measured.findings,
            })
        }
    }
}

/// Medians of both, and how they compare: the median of the ratios of each round's pair, or where
/// the sides were not measured in pairs the ratio of the medians.
fn pair(ours: &Samples, theirs: &Samples) -> Value {
    let compare = |ours: &[f64], theirs: &[f64]| match ours.len() == theirs.len() {
        true => ratio(theirs, ours),
        false => median(theirs) / median(ours),
    };
    json!({
        "rounds": theirs.wall.len(),
        "ours": medians(ours),
        "peer": medians(theirs),
        "times": {
            "wall": rounded(compare(&ours.wall, &theirs.wall)),
            "cpu": rounded(compare(&ours.cpu, &theirs.cpu)),
        },
    })
}

fn medians(samples: &Samples) -> Value {
    json!({
        "wall": rounded(median(&samples.wall)),
        "cpu": rounded(median(&samples.cpu)),
        "memory": rounded(median(&samples.memory)),
    })
}

/// To two places behind the point.
fn rounded(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}

fn load() -> Result<Value, String> {
    match source::root().join(KEPT).exists() {
        true => {
            serde_json::from_str(&source::read(KEPT)?).map_err(|error| format!("{KEPT}: {error}"))
        }
        false => Ok(Value::Null),
    }
}

/// Keeps the figures and writes the page anew.
fn save(kept: &Value) -> Result<(), String> {
    let text = serde_json::to_string_pretty(kept).map_err(|error| error.to_string())?;
    let write = |name: &str, text: &str| {
        std::fs::write(source::root().join(name), text).map_err(|error| format!("{name}: {error}"))
    };
    write(KEPT, &format!("{text}\n"))?;
    let (name, text) = page()?;
    write(&name, &text)
}

/// The page with the table as the kept figures make it.
pub(crate) fn page() -> Result<(String, String), String> {
    let text = table::into_page(&source::read(PAGE)?, &table::text(&load()?)?)
        .map_err(|error| format!("{PAGE}: {error}"))?;
    Ok((PAGE.to_owned(), text))
}
