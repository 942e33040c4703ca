//! The table of figures, and its place in the page.

use super::{KEPT, ROWS};
use serde_json::Value;
use std::fmt::Write;

/// What stands before and behind the table.
const MARKS: [&str; 2] = [
    "<!-- figures: made by `cargo xtask figures` -->\n",
    "<!-- end of figures -->\n",
];

/// The table of all rows that have figures.
pub(super) fn text(kept: &Value) -> Result<String, String> {
    let mut text = "| what | wall time | CPU time | memory of the largest process | goal |\n\
                    |---|---|---|---|---|\n"
        .to_owned();
    for row in &ROWS {
        let figures = &kept["rows"][row.name];
        if figures.is_null() {
            continue;
        }
        let cell = |what: &str, unit: &str, digits: usize| -> Result<String, String> {
            let number = |side: &str| figures[side][what].as_f64();
            let ours =
                number("ours").ok_or_else(|| format!("{KEPT}: {} lacks {what}", row.name))?;
            let mut cell = format!("{ours:.digits$} {unit}");
            if let Some(peer) = number("peer") {
                // Writing into a string cannot fail.
                let _written = write!(cell, " beside {peer:.digits$} {unit}");
            }
            if let Some(times) = number("times") {
                let _written = write!(cell, ", **1/{times:.1}**");
            }
            Ok(cell)
        };
        let _written = writeln!(
            text,
            "| {} | {} | {} | {} | {} |",
            row.title,
            cell("wall", "s", 2)?,
            cell("cpu", "s", 2)?,
            cell("memory", "MB", 1)?,
            row.goal
        );
    }
    let machine = &kept["machine"];
    if !machine.is_null() {
        let _written = write!(
            text,
            "\nMeasured on {}, {} cores, {} GB, Linux {}; medians{}.\n",
            machine["processor"]
                .as_str()
                .unwrap_or("an unnamed processor"),
            machine["cores"],
            machine["gigabytes"].as_f64().unwrap_or_default(),
            machine["kernel"].as_str().unwrap_or_default(),
            rounds(kept),
        );
    }
    Ok(text)
}

/// How often both were measured, where that was equally often for all rows.
fn rounds(kept: &Value) -> String {
    let rounds = ROWS
        .iter()
        .filter_map(|row| kept["rows"][row.name]["rounds"].as_u64());
    let rounds: std::collections::BTreeSet<u64> = rounds.collect();
    match (rounds.first(), rounds.last()) {
        (Some(1), Some(1)) => " of one round".to_owned(),
        (Some(one), Some(other)) if one == other => format!(" of {one} rounds"),
        (Some(least), Some(most)) => format!(" of {least} to {most} rounds"),
        _ => String::new(),
    }
}

/// The page with this table between its marks.
pub(super) fn into_page(page: &str, table: &str) -> Result<String, String> {
    let [begin, end] = MARKS;
    for mark in MARKS {
        if page.matches(mark).count() != 1 {
            return Err(format!("expected the line `{}` once", mark.trim_end()));
        }
    }
    match page
        .split_once(begin)
        .map(|(before, rest)| (before, rest.split_once(end)))
    {
        Some((before, Some((_, behind)))) => Ok(format!("{before}{begin}{table}{end}{behind}")),
        _ => Err("the marks of the figures stand in the wrong order".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_row_has_both_sides_or_ours_alone() {
        let side = |wall: f64| json!({"wall": wall, "cpu": 2.0, "memory": 30.25});
        let kept = json!({
            "machine": {"processor": "A", "cores": 2, "gigabytes": 24.0, "kernel": "6.1"},
            "rows": {
                "unchanged": {"ours": side(0.01)},
                "minbase-trixie": {
                    "rounds": 3, "ours": side(1.0), "peer": side(5.55),
                    "times": {"wall": 5.55, "cpu": 1.0},
                },
            },
        });
        let told = text(&kept).unwrap();
        let lines: Vec<&str> = told.lines().collect();
        assert_eq!(
            lines[2..],
            [
                "| minbase of trixie to a tar, cold, in memory | 1.00 s beside 5.55 s, **1/5.5** | \
                 2.00 s beside 2.00 s, **1/1.0** | 30.2 MB beside 30.2 MB | 1/5 |",
                "| the same disk with nothing changed | 0.01 s | 2.00 s | 30.2 MB | 0.3 s |",
                "",
                "Measured on A, 2 cores, 24 GB, Linux 6.1; medians of 3 rounds.",
            ]
        );
        let lacking = json!({"rows": {"unchanged": {"ours": {"wall": 1}}}});
        assert!(text(&lacking).unwrap_err().contains("unchanged lacks cpu"));
    }

    #[test]
    fn the_table_goes_between_the_marks_and_nowhere_else() {
        let [begin, end] = MARKS;
        let page = format!("a\n{begin}old\n{end}b\n");
        let made = into_page(&page, "new\n").unwrap();
        assert_eq!(made, format!("a\n{begin}new\n{end}b\n"));
        assert_eq!(into_page(&made, "new\n").unwrap(), made);
        for wrong in [
            "a\n".to_owned(),
            format!("{page}{begin}"),
            format!("{end}{begin}"),
        ] {
            assert!(into_page(&wrong, "new\n").is_err(), "{wrong}");
        }
    }
}
