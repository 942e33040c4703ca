//! The verdict over an archive, on cases where one consistent set is not enough.

use super::world::World;
use formwork_deb::universe::PackageId;
use formwork_resolve::{InstallableOptions, installable};

fn broken(world: &World, packages: &[PackageId]) -> String {
    let options = InstallableOptions {
        packages,
        ..InstallableOptions::default()
    };
    let verdict = installable(&world.universe(), options);
    let broken: Vec<PackageId> = verdict.broken.iter().map(|broken| broken.package).collect();
    world.labels(&broken)
}

#[test]
fn verdicts() {
    let table = [
        (
            "packages that exclude each other are fine apart",
            "a 1 conflicts=b\nb 1",
            "",
        ),
        (
            "a package that needs both is not",
            "a 1 conflicts=b\nb 1\nw 1 depends=a,b",
            "w=1",
        ),
        ("a circle is fine", "a 1 depends=b\nb 1 depends=a", ""),
        (
            "a circle with a hole is not",
            "a 1 depends=b\nb 1 depends=a,c",
            "a=1 b=1",
        ),
        (
            "a package may satisfy its own need",
            "a 1 provides=v depends=v",
            "",
        ),
        (
            "the greedy choice of an alternative is taken back",
            "w 1 depends=a|b,c\na 1\nb 1\nc 1 conflicts=a",
            "",
        ),
        (
            "Essential packages are present beside every other",
            "dash 1 essential=yes\nw 1 conflicts=dash",
            "w=1",
        ),
        (
            "in some version",
            "dash 1 essential=yes\ndash 2 essential=yes\nw 1 breaks=dash(>=2)",
            "",
        ),
        (
            "and only of the native architecture",
            "dash 1 essential=yes arch=i386\nw 1 conflicts=dash",
            "",
        ),
        (
            "where the Essential packages exclude each other nothing is installable",
            "dash 1 essential=yes\nbase 1 essential=yes conflicts=dash\nw 1",
            "base=1 dash=1 w=1",
        ),
        (
            "where one of them is broken too",
            "dash 1 essential=yes depends=nowhere\nw 1",
            "dash=1 w=1",
        ),
    ];
    let greedy = "dash 1 essential=yes depends=a|b\nbase 1 essential=yes depends=c\na 1\nb 1
        c 1 conflicts=a\nw 1 depends=a\nx 1 depends=b";
    let table = table.into_iter().chain([(
        "where the Essential packages hold together only by a second choice",
        greedy,
        "a=1 w=1",
    )]);
    for (why, rows, expected) in table {
        assert_eq!(broken(&World::new(rows), &[]), expected, "{why}");
    }
}

#[test]
fn some_packages_only() {
    let world = World::new("a 1 depends=nowhere\nb 1 depends=nowhere\nc 1");
    assert_eq!(broken(&world, &[world.id("b=1"), world.id("c=1")]), "b=1");
}

#[test]
fn a_version_that_no_priority_lets_in_is_judged_as_if_it_were_asked_for() {
    let backports = "l 2 depends=m\nm 2 depends=l(>=2)";
    let world = World::of(&[
        ("stable", 500, "l 1\nm 1\nw 1 depends=l(>=2)"),
        ("backports", 100, backports),
    ]);
    // Neither l 2 lets m 2 in nor the other way round, but m 1 serves l 2.
    assert_eq!(broken(&world, &[]), "m=2 w=1");
}
