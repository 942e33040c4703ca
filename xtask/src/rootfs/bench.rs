//! The first figure beside the peer: both programs in turns, from the same package files, on a
//! file system in memory, and the trees compared before a figure counts.

use super::peer::{Peer, in_memory};
use super::{Options, compare_one, ours, place::Place};
use crate::bench::measure::{Samples, Side, in_turns, median, ratio};

/// Measures all sets asked for; `Ok(false)` where we are not ahead, or the trees are not equal.
pub(crate) fn run(options: &Options) -> Result<bool, String> {
    let mut ahead = true;
    for place in options.places()? {
        ahead &= measure(&place)?;
    }
    Ok(ahead)
}

fn measure(place: &Place) -> Result<bool, String> {
    let comparison = compare_one(place)?;
    if !comparison.passes() {
        print!("{}", comparison.report);
        return Ok(false);
    }
    let scratch = in_memory(&format!("formwork-bench-{}", std::process::id()));
    std::fs::create_dir_all(&scratch).map_err(|error| error.to_string())?;
    let peer = Peer::new(place)?;
    let theirs = scratch.join("peer.tar");
    let tree = scratch.join("ours.tar");
    let sides = [
        Side {
            label: "formwork",
            prepare: Box::new(|| Ok(())),
            command: Box::new(|| ours::until_scripts(place, &tree)),
        },
        Side {
            label: "mmdebstrap",
            prepare: Box::new(|| peer.prepare()),
            command: Box::new(|| peer.command(&theirs)),
        },
    ];
    let samples = in_turns(&sides, place.options.rounds, &scratch);
    peer.tidy();
    // The figures are what counts; an archive left behind harms nobody.
    let _left = std::fs::remove_dir_all(&scratch);
    let samples = samples?;
    let [ours, theirs] = &samples[..] else {
        return Err("two sides were measured".to_owned());
    };
    println!("{}", row(&place.name, ours, theirs));
    Ok(ratio(&ours.wall, &theirs.wall) < 1.0)
}

/// One line of the table: medians of both, and the median of the ratios of each pair.
fn row(name: &str, ours: &Samples, theirs: &Samples) -> String {
    let part = |ours: &[f64], theirs: &[f64], unit: &str| {
        format!(
            "{:.1} {unit} beside {:.1} {unit}, 1/{:.1}",
            median(ours),
            median(theirs),
            1.0 / ratio(ours, theirs)
        )
    };
    format!(
        "| {name} | {} | {} | {} |",
        part(&ours.wall, &theirs.wall, "s"),
        part(&ours.cpu, &theirs.cpu, "CPU-s"),
        part(&ours.memory, &theirs.memory, "MB"),
    )
}
