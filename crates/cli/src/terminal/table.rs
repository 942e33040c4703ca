//! Tables without lines: columns two spaces apart, numbers to the right, the last column cut
//! to the terminal's width.
//!
//! A pipe gets every cell in full, padded with spaces and never with tabs, so that the same
//! answer is always the same text.

use super::printable;
use super::style::{Ink, Style};

/// Space between two columns.
const GAP: &str = "  ";

/// To which side a column's cells lean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Align {
    /// Words.
    Left,
    /// Numbers.
    Right,
}

/// One cell: its text and how it is set.
#[derive(Clone, Debug)]
pub(crate) struct Cell {
    text: String,
    ink: Ink,
}

impl Cell {
    /// A cell in the given ink.
    pub(crate) fn new(ink: Ink, text: impl AsRef<str>) -> Self {
        Cell {
            text: printable(text.as_ref()).into_owned(),
            ink,
        }
    }

    /// A cell as the terminal writes.
    pub(crate) fn plain(text: impl AsRef<str>) -> Self {
        Cell::new(Ink::Plain, text)
    }
}

/// Rows of cells under agreed columns.
#[derive(Debug)]
pub(crate) struct Table {
    columns: Vec<Align>,
    indent: usize,
    rows: Vec<Vec<Cell>>,
}

impl Table {
    /// An empty table with these columns.
    pub(crate) fn new(columns: &[Align]) -> Self {
        Table {
            columns: columns.to_vec(),
            indent: 0,
            rows: Vec::new(),
        }
    }

    /// The same table, moved to the right.
    pub(crate) fn indented(mut self, columns: usize) -> Self {
        self.indent = columns;
        self
    }

    /// Adds one row.
    pub(crate) fn row(&mut self, cells: impl IntoIterator<Item = Cell>) {
        self.rows.push(cells.into_iter().collect());
    }

    /// The lines of the table, each with its line end.
    pub(crate) fn render(&self, style: Style, width: Option<usize>) -> String {
        let widths = self.column_widths();
        let mut text = String::new();
        for row in &self.rows {
            let line = self.render_row(row, &widths, style, width);
            text.push_str(line.trim_end());
            text.push('\n');
        }
        text
    }

    /// The widest cell of every column.
    fn column_widths(&self) -> Vec<usize> {
        let mut widths = vec![0; self.columns.len()];
        for row in &self.rows {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = (*width).max(cell.text.chars().count());
            }
        }
        widths
    }

    /// One line; the last cell loses what does not fit.
    fn render_row(
        &self,
        row: &[Cell],
        widths: &[usize],
        style: Style,
        limit: Option<usize>,
    ) -> String {
        let mut line = " ".repeat(self.indent);
        let mut used = self.indent;
        for (position, cell) in row.iter().enumerate() {
            let last = position + 1 == row.len();
            let room = limit
                .map(|limit| limit.saturating_sub(used))
                .filter(|_| last);
            let shown = fit(&cell.text, room);
            let length = shown.chars().count();
            let width = widths.get(position).copied().unwrap_or(length);
            let padding = " ".repeat(width.saturating_sub(length));
            match self.columns.get(position) {
                Some(Align::Right) => {
                    line.push_str(&padding);
                    line.push_str(&style.paint(cell.ink, shown));
                }
                _ => {
                    line.push_str(&style.paint(cell.ink, shown));
                    if !last {
                        line.push_str(&padding);
                    }
                }
            }
            line.push_str(if last { "" } else { GAP });
            used += width + GAP.len();
        }
        line
    }
}

/// The text, cut with an ellipsis to the room there is; a room too small to say anything is no limit.
fn fit(text: &str, room: Option<usize>) -> String {
    match room {
        Some(room) if room >= 8 && text.chars().count() > room => {
            let mut cut: String = text.chars().take(room - 1).collect();
            cut.truncate(cut.trim_end().len());
            cut.push('…');
            cut
        }
        _ => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Table {
        let mut table = Table::new(&[Align::Left, Align::Right, Align::Left]).indented(2);
        table.row([
            Cell::plain("openssl"),
            Cell::plain("12"),
            Cell::plain("a toolkit for secure sockets"),
        ]);
        table.row([
            Cell::new(Ink::Strong, "gawk"),
            Cell::plain("1 200"),
            Cell::plain(""),
        ]);
        table
    }

    #[test]
    fn a_pipe_gets_everything_in_full() {
        assert_eq!(
            sample().render(Style::new(false), None),
            "  openssl     12  a toolkit for secure sockets\n  gawk     1 200\n"
        );
    }

    #[test]
    fn the_last_column_fits_the_terminal() {
        assert_eq!(
            sample().render(Style::new(false), Some(30)),
            "  openssl     12  a toolkit f…\n  gawk     1 200\n"
        );
    }

    #[test]
    fn colours_do_not_move_columns() {
        assert_eq!(
            sample().render(Style::new(true), None).lines().nth(1),
            Some("  \u{1b}[1mgawk\u{1b}[0m     1 200")
        );
    }

    #[test]
    fn a_narrow_terminal_wraps_rather_than_hides() {
        let shown = sample().render(Style::new(false), Some(20));
        assert!(shown.contains("a toolkit for secure sockets"), "{shown}");
    }
}
