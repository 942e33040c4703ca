//! The treemap as inline SVG: each piece has a title that can be read aloud.

use maud::{Markup, html};

use super::group::{Group, Kind};
use super::layout::{Area, squarify};
use crate::files::total;

/// The width of the picture in its own units.
pub const WIDTH: f64 = 1200.0;
/// Its height.
pub const HEIGHT: f64 = 760.0;
/// What is smaller is drawn together with its like.
const SPECK: f64 = 36.0;
/// What is smaller is not divided any further.
const DIVIDED: f64 = 700.0;
/// The room for the name of a package.
const HEAD: f64 = 15.0;
/// The room for the name of a directory.
const SMALL_HEAD: f64 = 13.0;
/// The width of a letter.
const LETTER: f64 = 6.9;

/// A piece with its place.
#[derive(Clone, Debug, PartialEq)]
pub struct Piece {
    /// What it is.
    pub group: Group,
    /// Where it is.
    pub area: Area,
    /// Whether its name stands above its parts.
    pub is_headed: bool,
    /// Its parts.
    pub parts: Vec<Piece>,
}

/// Places groups, those too small to be seen as one.
#[must_use]
pub fn pieces(groups: &[Group], area: Area) -> Vec<Piece> {
    placed(groups, area, 0)
}

fn placed(groups: &[Group], area: Area, level: usize) -> Vec<Piece> {
    let groups = without_specks(groups, area);
    let weights: Vec<u64> = groups.iter().map(|group| group.bytes).collect();
    let areas = squarify(&weights, area);
    let pairs = groups.into_iter().zip(areas);
    pairs
        .map(|(mut group, area)| {
            let parts = std::mem::take(&mut group.parts);
            let is_divided = area.size() >= DIVIDED && !parts.is_empty();
            let is_headed = is_divided && has_room(area, level);
            let inside = match (level, is_headed) {
                (0, true) => area.inside(1.5, HEAD),
                (0, false) => area.inside(1.5, 1.5),
                (_, true) => area.inside(0.0, SMALL_HEAD),
                _ => area,
            };
            let parts = match is_divided {
                true => placed(&parts, inside, level + 1),
                false => Vec::new(),
            };
            Piece {
                group,
                area,
                is_headed,
                parts,
            }
        })
        .collect()
}

/// Whether a name fits above the parts.
fn has_room(area: Area, level: usize) -> bool {
    let width = if level == 0 { 44.0 } else { 64.0 };
    area.width() > width && area.height() > 40.0
}

/// The groups, those too small to be seen drawn together; what holds nothing is not drawn at all.
fn without_specks(groups: &[Group], area: Area) -> Vec<Group> {
    let whole = total(groups.iter().map(|group| group.bytes));
    let is_seen = |group: &Group| area.size() * group.bytes as f64 >= SPECK * whole as f64;
    let drawn = groups.iter().filter(|group| group.bytes > 0);
    let (mut seen, specks): (Vec<Group>, Vec<Group>) = drawn.cloned().partition(is_seen);
    let Some(first) = specks.first() else {
        return seen;
    };
    if specks.len() == 1 {
        seen.push(first.clone());
        return seen;
    }
    let files = total(specks.iter().map(|group| group.files));
    let noun = match first.note.as_str() {
        "package" => "small packages",
        "directory" => "small directories",
        _ => "small files",
    };
    let count = match noun {
        "small files" => files,
        _ => specks.len() as u64,
    };
    let largest: Option<Kind> = specks
        .iter()
        .max_by_key(|one| one.bytes)
        .map(|one| one.kind);
    seen.push(Group {
        name: format!("{count} {noun}"),
        note: String::new(),
        files,
        bytes: total(specks.iter().map(|group| group.bytes)),
        kind: largest.unwrap_or(first.kind),
        parts: Vec::new(),
    });
    seen.sort_by_key(|group| std::cmp::Reverse(group.bytes));
    seen
}

/// The picture.
#[must_use]
pub fn svg(groups: &[Group], size: &dyn Fn(u64) -> String) -> Markup {
    let all = total(groups.iter().map(|group| group.bytes));
    let pieces = pieces(groups, Area::sized(WIDTH, HEIGHT));
    let drawing = Drawing { all, size };
    html! {
        svg #treemap xmlns="http://www.w3.org/2000/svg" viewBox=(format!("0 0 {WIDTH} {HEIGHT}"))
            role="group" aria-label="Treemap: packages, in them directories and large files" {
            @for piece in &pieces { (drawing.package(piece)) }
        }
    }
}

/// What all pieces are measured by.
struct Drawing<'a> {
    all: u64,
    size: &'a dyn Fn(u64) -> String,
}

impl Drawing<'_> {
    /// A package with all in it.
    fn package(&self, piece: &Piece) -> Markup {
        let Piece { group, area, .. } = piece;
        let place = [area.left, area.top, area.width(), area.height()].map(number);
        html! {
            g class="package" data-name=(group.name) data-box=(place.join(" ")) {
                title { (self.title(group, &[])) }
                (rectangle(*area, group.kind, piece.parts.is_empty()))
                @if piece.is_headed {
                    (label(*area, 11.0, &format!("{} · {}", group.name, (self.size)(group.bytes)), "head"))
                } @else if piece.parts.is_empty() {
                    (label(*area, 12.0, &group.name, "inner"))
                }
                @for part in &piece.parts { (self.part(part, &[&group.name])) }
            }
        }
    }

    /// A directory or a file.
    fn part(&self, piece: &Piece, above: &[&str]) -> Markup {
        let Piece {
            group, area, parts, ..
        } = piece;
        let path = [above, &[group.name.as_str()]].concat();
        html! {
            @if parts.is_empty() {
                g {
                    title { (self.title(group, above)) }
                    (rectangle(*area, group.kind, true))
                    (label(*area, 12.0, base(&group.name), "inner"))
                }
            } @else {
                g {
                    title { (self.title(group, above)) }
                    @if piece.is_headed {
                        (rectangle(*area, group.kind, false))
                        (label(*area, 10.0, &last_two(&group.name), "inner"))
                    }
                    @for part in parts { (self.part(part, &path)) }
                    (outline(*area))
                }
            }
        }
    }

    /// What is said of a piece: `libc6: /usr/lib/ · 4.1 MB (2.1 %) · 12 files · libraries`.
    fn title(&self, group: &Group, above: &[&str]) -> String {
        let name = match above {
            [] => group.name.clone(),
            [package] => format!("{package}: {}", group.name),
            [package, .., directory] => format!("{package}: {directory}{}", group.name),
        };
        let share = match self.all {
            0 => 0.0,
            all => 100.0 * group.bytes as f64 / all as f64,
        };
        let files = match group.files {
            1 => "1 file".to_owned(),
            count => format!("{count} files"),
        };
        let (size, kind) = ((self.size)(group.bytes), group.kind.word());
        format!("{name} · {size} ({share:.1} %) · {files} · {kind}")
    }
}

/// The end of a directory's path: `…/drivers/net/`.
fn last_two(path: &str) -> String {
    let mut slashes = path.trim_end_matches('/').rmatch_indices('/');
    let cut = slashes.nth(1).map(|(at, _)| at).filter(|at| *at > 0);
    match cut.and_then(|at| path.get(at..)) {
        Some(end) => format!("…{end}"),
        None => path.to_owned(),
    }
}

/// The last name of a path.
fn base(path: &str) -> &str {
    let trimmed = path.trim_end_matches('/');
    match trimmed.rsplit('/').next() {
        Some(name) if !name.is_empty() => name,
        _ => path,
    }
}

fn rectangle(area: Area, kind: Kind, is_leaf: bool) -> Markup {
    let class = match is_leaf {
        true => format!("leaf {}", class_of(kind)),
        false => "frame".to_owned(),
    };
    html! {
        rect class=(class) x=(number(area.left)) y=(number(area.top))
            width=(number(area.width())) height=(number(area.height())) {}
    }
}

fn outline(area: Area) -> Markup {
    html! {
        rect class="outline" x=(number(area.left)) y=(number(area.top))
            width=(number(area.width())) height=(number(area.height())) {}
    }
}

/// A name in a piece, cut to the room there is; none where there is not enough.
fn label(area: Area, down: f64, text: &str, class: &str) -> Markup {
    let room = ((area.width() - 7.0) / LETTER).floor();
    let is_room = room >= 4.0 && area.height() >= 15.0;
    html! {
        @if is_room {
            text class=(class) x=(number(area.left + 4.0)) y=(number(area.top + down)) {
                (shortened(text, room as usize))
            }
        }
    }
}

/// A text cut to so many letters.
fn shortened(text: &str, room: usize) -> String {
    if text.chars().count() <= room {
        return text.to_owned();
    }
    let mut cut: String = text.chars().take(room.saturating_sub(1)).collect();
    cut.push('…');
    cut
}

/// The class that colours a kind.
#[must_use]
pub fn class_of(kind: Kind) -> &'static str {
    match kind {
        Kind::Kernel => "k-kernel",
        Kind::Firmware => "k-firmware",
        Kind::Programs => "k-programs",
        Kind::Libraries => "k-libraries",
        Kind::Data => "k-data",
        Kind::Languages => "k-languages",
        Kind::Documentation => "k-documentation",
        Kind::State => "k-state",
    }
}

/// A number as an attribute: two decimals at most.
fn number(value: f64) -> String {
    let text = format!("{value:.2}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    match text {
        "" | "-0" => "0".to_owned(),
        text => text.to_owned(),
    }
}
