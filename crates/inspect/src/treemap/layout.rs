//! Squarified treemaps after Bruls, Huizing and van Wijk (2000): a rectangle is divided into
//! rows of pieces, and a piece joins a row as long as that makes none of the row's longer.
//!
//! Neighbours share their edges to the last bit, so that nothing overlaps and no gap is left.

use std::cmp::Ordering;

/// A rectangle by its edges.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Area {
    /// Its left edge.
    pub left: f64,
    /// Its upper edge.
    pub top: f64,
    /// Its right edge.
    pub right: f64,
    /// Its lower edge.
    pub bottom: f64,
}

impl Area {
    /// A rectangle of this size with a corner at the origin.
    #[must_use]
    pub fn sized(width: f64, height: f64) -> Area {
        Area {
            left: 0.0,
            top: 0.0,
            right: width,
            bottom: height,
        }
    }

    /// Its width.
    #[must_use]
    pub fn width(&self) -> f64 {
        self.right - self.left
    }

    /// Its height.
    #[must_use]
    pub fn height(&self) -> f64 {
        self.bottom - self.top
    }

    /// Its area.
    #[must_use]
    pub fn size(&self) -> f64 {
        self.width() * self.height()
    }

    /// What is left of it inside of a border, `top` of it above; nothing but its middle if the
    /// border takes it all.
    #[must_use]
    pub fn inside(&self, border: f64, top: f64) -> Area {
        let middle = |from: f64, to: f64| (from + to) / 2.0;
        let (x, y) = (middle(self.left, self.right), middle(self.top, self.bottom));
        Area {
            left: (self.left + border).min(x),
            top: (self.top + top).min(y),
            right: (self.right - border).max(x),
            bottom: (self.bottom - border).max(y),
        }
    }
}

/// Divides an area among weights, in their order, which should be descending. What weighs nothing
/// gets an area of nothing.
#[must_use]
pub fn squarify(weights: &[u64], area: Area) -> Vec<Area> {
    let mut areas = Vec::with_capacity(weights.len());
    let mut rest = area;
    let mut left: u128 = weights.iter().map(|weight| u128::from(*weight)).sum();
    let mut at = 0;
    while let Some(row) = weights.get(at..).filter(|row| !row.is_empty()) {
        let count = row_length(row, left, rest);
        let row = row.get(..count).unwrap_or(row);
        let sum: u128 = row.iter().map(|weight| u128::from(*weight)).sum();
        let is_wide = rest.width() >= rest.height();
        let (row_area, other) = cut(rest, is_wide, share(sum, left));
        place(&mut areas, row, sum, row_area, is_wide);
        rest = other;
        left -= sum;
        at += row.len();
    }
    areas
}

/// A part of a whole; all of it if the whole is nothing.
fn share(part: u128, whole: u128) -> f64 {
    if part >= whole {
        return 1.0;
    }
    part as f64 / whole as f64
}

/// Cuts off a share: to the left of what is wide, else above.
fn cut(area: Area, is_wide: bool, share: f64) -> (Area, Area) {
    let (mut first, mut second) = (area, area);
    let whole = share >= 1.0;
    if is_wide {
        let edge = if whole {
            area.right
        } else {
            area.left + area.width() * share
        };
        first.right = edge;
        second.left = edge;
    } else {
        let edge = if whole {
            area.bottom
        } else {
            area.top + area.height() * share
        };
        first.bottom = edge;
        second.top = edge;
    }
    (first, second)
}

/// How many of the weights make up the next row.
fn row_length(weights: &[u64], left: u128, rest: Area) -> usize {
    if left == 0 {
        return weights.len();
    }
    let side = rest.width().min(rest.height());
    let scale = rest.size() / left as f64;
    let (mut sum, mut largest, mut smallest) = (0.0_f64, 0.0_f64, f64::INFINITY);
    let mut best = f64::INFINITY;
    for (count, weight) in weights.iter().enumerate() {
        let piece = *weight as f64 * scale;
        sum += piece;
        largest = largest.max(piece);
        smallest = smallest.min(piece);
        let (side, sum) = (side * side, sum * sum);
        let worst = (side * largest / sum).max(sum / (side * smallest));
        // What is no number compares as not better.
        if count > 0 && worst.partial_cmp(&best).is_none_or(Ordering::is_gt) {
            return count;
        }
        best = worst;
    }
    weights.len()
}

/// Places a row's pieces one after the other.
fn place(areas: &mut Vec<Area>, row: &[u64], sum: u128, area: Area, is_wide: bool) {
    let mut before: u128 = 0;
    let mut edge = if is_wide { area.top } else { area.left };
    for weight in row {
        before += u128::from(*weight);
        let (start, length, end) = match is_wide {
            true => (area.top, area.height(), area.bottom),
            false => (area.left, area.width(), area.right),
        };
        let next = match before == sum {
            true => end,
            false => (start + length * share(before, sum)).clamp(edge, end),
        };
        areas.push(match is_wide {
            true => Area {
                top: edge,
                bottom: next,
                ..area
            },
            false => Area {
                left: edge,
                right: next,
                ..area
            },
        });
        edge = next;
    }
}
