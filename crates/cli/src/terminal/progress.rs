//! Events as a person sees them, all on standard error: a living line a phase on a terminal,
//! one plain line a finished step otherwise.
//!
//! A phase that is over within a blink shows nothing. Reading, resolving and checking leave no
//! line behind unless `--verbose` asks for it; what was fetched always does.

use std::collections::BTreeMap;
use std::io::{self, IsTerminal, Write};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use formwork_model::event::{Event, Phase, Sink, Unit};
use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::number;
use super::printable;
use super::style::{self, Ink, Style};

/// A phase shorter than this is not drawn.
const BLINK: Duration = Duration::from_millis(150);

/// How much a person wants to be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Talk {
    /// Results, warnings and errors only.
    Quiet,
    /// What matters.
    Normal,
    /// Every step.
    Verbose,
}

/// Makes the sink that all rooms send their events to.
pub(crate) fn sink(talk: Talk) -> Sink {
    let terminal = io::stderr().is_terminal();
    let board = Mutex::new(Board {
        talk,
        style: Style::new(style::wanted(terminal)),
        lines: (terminal && talk > Talk::Quiet).then(MultiProgress::default),
        phases: BTreeMap::new(),
    });
    Arc::new(move |event| {
        board
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .show(event);
    })
}

/// Says something that a person should look at, apart from any event.
pub(crate) fn warn(text: &str) {
    sink(Talk::Normal)(Event::Warning(text.to_owned()));
}

/// Says something on standard error, apart from any event.
pub(crate) fn tell(text: &str) {
    // Nobody is left to be told that standard error cannot be written.
    let _ = writeln!(io::stderr().lock(), "{text}");
}

/// One phase under way.
struct Running {
    since: Instant,
    unit: Unit,
    total: Option<u64>,
    bar: Option<ProgressBar>,
}

/// What is on the screen now.
struct Board {
    talk: Talk,
    style: Style,
    /// Living lines; none when nobody watches.
    lines: Option<MultiProgress>,
    phases: BTreeMap<Phase, Running>,
}

impl Board {
    /// Shows one event.
    fn show(&mut self, event: Event) {
        match event {
            Event::Started { phase, unit, total } => {
                self.phases.insert(
                    phase,
                    Running {
                        since: Instant::now(),
                        unit,
                        total,
                        bar: None,
                    },
                );
            }
            Event::Advanced {
                phase,
                item,
                done,
                total,
            } => self.advance(phase, &item, done, total),
            Event::Finished { phase, summary } => self.finish(phase, &summary),
            Event::Note(text) if self.talk == Talk::Verbose => self.say(Ink::Faint, "note", &text),
            Event::Warning(text) => self.say(Ink::Look, "warning", &text),
            Event::Waiting { what } => {
                self.say(
                    Ink::Look,
                    "waiting",
                    &format!("another formwork holds {what}; going on when it is done"),
                );
            }
            Event::Retry {
                what,
                reason,
                attempt,
                delay_ms,
            } => {
                let delay = number::duration(Duration::from_millis(delay_ms));
                self.say(
                    Ink::Look,
                    "retry",
                    &format!("{what}: {reason}; try {attempt} in {delay}"),
                );
            }
            _ => {}
        }
    }

    /// Moves a phase's living line on, drawing it first if it has become worth it.
    fn advance(&mut self, phase: Phase, item: &str, done: u64, total: Option<u64>) {
        let Some(lines) = &self.lines else { return };
        let Some(running) = self.phases.get_mut(&phase) else {
            return;
        };
        running.total = total.or(running.total);
        if running.bar.is_none() && running.since.elapsed() >= BLINK {
            running.bar = Some(lines.add(new_bar(phase, running)));
        }
        if let Some(bar) = &running.bar {
            if let Some(total) = running.total {
                bar.set_length(total);
            }
            bar.set_position(done);
            bar.set_message(printable(item).into_owned());
        }
    }

    /// Takes a phase's living line away and leaves its record.
    fn finish(&mut self, phase: Phase, summary: &str) {
        let running = self.phases.remove(&phase);
        let took = running
            .as_ref()
            .map_or(Duration::ZERO, |running| running.since.elapsed());
        if let Some(bar) = running.and_then(|running| running.bar) {
            bar.finish_and_clear();
        }
        if self.talk == Talk::Quiet
            || summary.is_empty()
            || (is_inner(phase) && self.talk < Talk::Verbose)
        {
            return;
        }
        let word = self
            .style
            .paint(Ink::Strong, format!("{:<9}", phase.word()));
        self.write(&format!(
            "{word} {}  {}",
            printable(summary),
            number::duration(took)
        ));
    }

    /// Says one thing under a short heading; only warnings and waits reach a quiet person.
    fn say(&self, ink: Ink, heading: &str, text: &str) {
        if self.talk == Talk::Quiet && ink != Ink::Look {
            return;
        }
        let heading = self.style.paint(ink, format!("{heading}:"));
        self.write(&format!("{heading} {}", printable(text)));
    }

    /// Writes one line above the living ones.
    fn write(&self, line: &str) {
        let put = || {
            // Nobody is left to be told that standard error cannot be written.
            let _ = writeln!(io::stderr().lock(), "{line}");
        };
        match &self.lines {
            Some(lines) => lines.suspend(put),
            None => put(),
        }
    }
}

/// Whether a phase is our own affair, which people need to see only while it lasts.
fn is_inner(phase: Phase) -> bool {
    matches!(phase, Phase::Index | Phase::Resolve | Phase::Check)
}

/// A living line for the phase.
fn new_bar(phase: Phase, running: &Running) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(running.total, ProgressDrawTarget::hidden());
    if let Ok(style) = ProgressStyle::with_template(template(running.unit, running.total.is_some()))
    {
        bar.set_style(style.progress_chars("█▉░"));
    }
    bar.set_prefix(phase.word());
    bar
}

/// What a living line looks like.
fn template(unit: Unit, with_total: bool) -> &'static str {
    match (unit, with_total) {
        (Unit::Bytes, true) => {
            "{prefix:<9} {bar:12} {percent:>3} %  {wide_msg}  {decimal_bytes_per_sec}  {eta} left"
        }
        (Unit::Items, true) => {
            "{prefix:<9} {bar:12} {percent:>3} %  {wide_msg}  {human_pos} of {human_len}"
        }
        (Unit::Bytes, false) => "{prefix:<9} {spinner} {wide_msg}  {decimal_bytes}",
        (Unit::Items, false) => "{prefix:<9} {spinner} {wide_msg}  {human_pos}",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_template_is_understood() {
        for unit in [Unit::Bytes, Unit::Items] {
            for with_total in [false, true] {
                let text = template(unit, with_total);
                assert!(ProgressStyle::with_template(text).is_ok(), "{text}");
            }
        }
    }
}
