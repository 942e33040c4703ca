//! The page of `build --timings`: a chart of one build from left to right, and its phases beside
//! what no build can do without.

use formwork_model::documents::{TimedPhase, TimedSpan, Timings};
use formwork_model::page::Page;
use maud::{Markup, PreEscaped, html as markup};

use crate::page::harmless;

const STYLE: &str = include_str!("timings/page.css");
/// How wide the chart is, in its own units.
const WIDTH: u64 = 1000;
/// How high a row is.
const ROW: u64 = 26;
/// How wide a letter is, about: a name that does not fit is left to the tooltip.
const LETTER: u64 = 6;

/// The whole page.
#[must_use]
pub fn html(timings: &Timings) -> String {
    let title = format!("The build of {}, {}", timings.image, timings.architecture);
    let body = markup! {
        header {
            h1 { (title) }
            p.soft {
                (seconds(timings.milliseconds)) " on " (timings.processors)
                " processors, Linux " (timings.kernel)
            }
        }
        main {
            h2 { "From beginning to end" }
            figure { div.chart { (chart(timings)) } }
            ul.legend { @for phase in &timings.phases {
                li { i class={ "p-" (phase.name) } {} (phase.name) }
            } }
            h2 { "Phases" }
            (table(timings))
            p.soft {
                "The floor is what this machine needs for the same work and nothing else, measured "
                "right after the build: reading the packages, unpacking them into nothing in all "
                "processors, the processor time of the packages' own programs, and writing as "
                "many bytes as the outputs take."
            }
        }
        footer { p { "Made by " code { "formwork build " (timings.image) " --timings" } "." } }
    };
    Page {
        title: &title,
        generator: "formwork build --timings",
        style: STYLE,
        script: "",
        body: &harmless(&body.into_string()),
    }
    .html()
}

/// The chart: the whole, its steps below it, and below them what was at hand.
fn chart(timings: &Timings) -> Markup {
    let whole = timings.milliseconds.max(1);
    let rows = 1 + timings
        .spans
        .iter()
        .map(|span| u64::from(span.depth))
        .max()
        .unwrap_or(0);
    let all = TimedSpan {
        name: timings.image.clone(),
        phase: "other".to_owned(),
        depth: 0,
        start: 0,
        milliseconds: whole,
    };
    let size = format!("0 0 {WIDTH} {}", rows * ROW);
    let label = format!("{}: {}", timings.image, seconds(whole));
    markup! {
        svg #flame role="img" aria-label=(label) viewBox=(size) {
            @for span in std::iter::once(&all).chain(&timings.spans) { (bar(span, whole)) }
        }
    }
}

/// One piece of the chart.
fn bar(span: &TimedSpan, whole: u64) -> Markup {
    // In tenths of a unit, so that short pieces keep their place without a fraction of floats.
    let tenths = |milliseconds: u64| milliseconds.min(whole) * WIDTH * 10 / whole;
    let (left, right) = (tenths(span.start), tenths(span.start + span.milliseconds));
    let width = (right - left).max(5);
    let top = u64::from(span.depth) * ROW;
    let told = format!("{}: {}", span.name, seconds(span.milliseconds));
    let is_wide = width / 10 > span.name.chars().count() as u64 * LETTER + 8;
    markup! {
        g {
            title { (told) }
            rect class={ "p-" (span.phase) } x=(unit(left)) y=(top) width=(unit(width)) height=(ROW - 2) rx="2" {}
            @if is_wide { text x=(unit(left + 40)) y=(top + 16) { (span.name) } }
        }
    }
}

/// Tenths as a number with one digit behind the point.
fn unit(tenths: u64) -> PreEscaped<String> {
    PreEscaped(format!("{}.{}", tenths / 10, tenths % 10))
}

/// The phases as a table.
fn table(timings: &Timings) -> Markup {
    markup! {
        div.table { table {
            thead { tr {
                th { "phase" } th.number { "time" } th.number { "share" } th.number { "floor" }
                th.number { "of the floor" }
            } }
            tbody { @for phase in &timings.phases { tr {
                td.name { (phase.name) }
                td.number { (seconds(phase.milliseconds)) }
                td.number { (phase.share / 10) " %" }
                td.number { (phase.floor.map(seconds).unwrap_or_default()) }
                td.number { (times(phase).unwrap_or_default()) }
            } } }
        } }
    }
}

/// How many times its floor a phase took, where there is one.
#[must_use]
pub fn times(phase: &TimedPhase) -> Option<String> {
    let floor = phase.floor.filter(|floor| *floor > 0)?;
    let tenths = phase.milliseconds * 10 / floor;
    Some(format!("{}.{}", tenths / 10, tenths % 10))
}

/// A time for people: `2.31 s`, `14 ms`.
#[must_use]
pub fn seconds(milliseconds: u64) -> String {
    match milliseconds {
        0..1000 => format!("{milliseconds} ms"),
        1000..100_000 => format!("{}.{:02} s", milliseconds / 1000, milliseconds % 1000 / 10),
        _ => format!("{} s", milliseconds / 1000),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Timings {
        let span = |name: &str, phase: &str, depth, start, milliseconds| TimedSpan {
            name: name.to_owned(),
            phase: phase.to_owned(),
            depth,
            start,
            milliseconds,
        };
        Timings {
            format: 1,
            image: "gate<way".to_owned(),
            architecture: "amd64".to_owned(),
            processors: 2,
            kernel: "6.1".to_owned(),
            milliseconds: 2_000,
            phases: vec![TimedPhase {
                name: "scripts".to_owned(),
                milliseconds: 1_500,
                share: 750,
                floor: Some(1_000),
            }],
            spans: vec![
                span("configure", "scripts", 1, 500, 1_500),
                span("dpkg", "scripts", 2, 500, 20),
            ],
        }
    }

    #[test]
    fn a_chart_has_a_bar_for_each_piece_where_it_belongs() {
        let page = html(&sample());
        assert_eq!(page.matches("<rect").count(), 3);
        assert!(
            page.contains("x=\"250.0\" y=\"26\" width=\"750.0\""),
            "{page}"
        );
        assert!(page.contains("<title>dpkg: 20 ms</title>"));
        assert!(page.contains(">configure</text>"));
        assert!(!page.contains(">dpkg</text>"), "there is no room for it");
        assert!(page.contains("gate&lt;way") && !page.contains("gate<way"));
        assert!(page.contains("<td class=\"number\">1.5</td>"));
    }

    #[test]
    fn times_are_short() {
        for (milliseconds, told) in [
            (0, "0 ms"),
            (999, "999 ms"),
            (1_000, "1.00 s"),
            (2_317, "2.31 s"),
            (100_000, "100 s"),
        ] {
            assert_eq!(seconds(milliseconds), told);
        }
    }
}
