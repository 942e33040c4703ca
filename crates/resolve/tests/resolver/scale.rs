//! Long chains, and the same answer each time.

use super::world::{World, request};
use formwork_resolve::{InstallableOptions, installable};
use std::fmt::Write as _;

/// A chain of packages, deeper than any recursion may go.
const LONG: usize = 10_000;

fn chain(length: usize, last: &str) -> String {
    let mut rows = String::new();
    for number in 0..length {
        let _ = writeln!(rows, "p{number:05} 1 depends=p{:05}", number + 1);
    }
    let _ = writeln!(rows, "p{length:05} 1 {last}");
    rows
}

#[test]
fn a_long_chain_is_answered() {
    let world = World::new(&chain(LONG, ""));
    let solution = world.solve(&request("p00000")).expect("an answer");
    assert_eq!(solution.packages.len(), LONG + 1);
    let first = [world.id("p00000=1")];
    let options = InstallableOptions {
        packages: &first,
        ..InstallableOptions::default()
    };
    assert_eq!(installable(&world.universe(), options).broken.len(), 0);
    let world = World::new(&chain(LONG / 4, ""));
    let verdict = installable(&world.universe(), InstallableOptions::default());
    assert_eq!((verdict.total, verdict.broken.len()), (LONG / 4 + 1, 0));
}

#[test]
fn a_long_circle_is_answered() {
    let world = World::new(&chain(LONG, "depends=p00000"));
    let solution = world.solve(&request("p05000")).expect("an answer");
    assert_eq!(solution.packages.len(), LONG + 1);
}

#[test]
fn a_chain_that_ends_in_nothing_is_told_from_end_to_end() {
    let world = World::new(&chain(100, "depends=nowhere"));
    let explanation = world.explanation(&request("p00000"));
    assert_eq!(explanation.chain.len(), 102);
    let last = explanation.chain.last().map(|step| step.text.as_str());
    assert_eq!(
        last,
        Some("p00100 1 Depends: nowhere, which nothing provides")
    );
    let verdict = installable(&world.universe(), InstallableOptions::default());
    assert_eq!(verdict.broken.len(), 101);
}

const ROWS: [&str; 8] = [
    "w 1 depends=a|b,v recommends=r",
    "a 2 conflicts=x",
    "a 1",
    "b 1 provides=v(=1)",
    "x 1 depends=b",
    "r 1 arch=all",
    "lib 1 ma=same",
    "lib 1 ma=same arch=i386 depends=a",
];

#[test]
fn the_same_text_gives_the_same_bytes() {
    let rows = ROWS.join("\n");
    assert!(World::new(&rows).bytes() == World::new(&rows).bytes());
}

#[test]
fn the_order_of_paragraphs_does_not_matter_to_the_answer() {
    for turn in 0..ROWS.len() {
        let mut rows = ROWS;
        rows.rotate_left(turn);
        let world = World::new(&rows.join("\n"));
        assert_eq!(world.answer("w"), "a=2 b=1 w=1", "{rows:?}");
        assert_eq!(world.answer("w x"), "b=1 w=1 x=1", "{rows:?}");
    }
}

#[test]
fn among_equal_providers_the_one_heard_of_later_serves_as_in_apt() {
    let first = World::new("w 1 depends=v\na 1 provides=v\nb 1 provides=v");
    assert_eq!(first.answer("w"), "b=1 w=1");
    let turned = World::new("w 1 depends=v\nb 1 provides=v\na 1 provides=v");
    assert_eq!(turned.answer("w"), "a=1 w=1");
}
