//! The printed page: a table a subject, then its goals.

use super::measure::{Samples, Side, median};

/// Prints the medians of all sides.
pub(crate) fn print(title: &str, sides: &[Side<'_>], samples: &[Samples]) {
    println!("\n{title}");
    println!("  {:<24} {:>10} {:>10} {:>10}", "", "wall", "CPU", "memory");
    for (side, kept) in sides.iter().zip(samples) {
        println!(
            "  {:<24} {:>10} {:>10} {:>7.0} MB",
            side.label,
            seconds(median(&kept.wall)),
            seconds(median(&kept.cpu)),
            median(&kept.memory)
        );
    }
}

/// Prints one ratio beside its goal and says whether the goal is met.
pub(crate) fn goal(what: &str, ratio: f64, limit: f64) -> bool {
    let met = ratio <= limit;
    let word = if met { "met" } else { "MISSED" };
    println!(
        "  {what:<44} {:>9} goal {:<9} {word}",
        times(ratio),
        times(limit)
    );
    met
}

/// Prints how verdicts compare and says whether they agree.
pub(crate) fn verdict(what: &str, differing: &[String]) -> bool {
    if differing.is_empty() {
        println!("  {what:<44} same");
        return true;
    }
    println!("  {what:<44} DIFFERS");
    for line in differing {
        println!("    {line}");
    }
    false
}

fn seconds(value: f64) -> String {
    if value < 0.1 {
        format!("{:.1} ms", value * 1000.0)
    } else {
        format!("{value:.2} s")
    }
}

/// 0.5 as `1/2.0`, 1.5 as `1.50`.
fn times(ratio: f64) -> String {
    if ratio < 1.0 {
        format!("1/{:.1}", 1.0 / ratio)
    } else {
        format!("{ratio:.2}")
    }
}
