//! Build dependencies, and what a package was built from.

use super::world::World;
use formwork_resolve::{InstallableOptions, Request, Wish, installable};

const BINARIES: &str = "gcc 1\nmake 1\nperl 1\npython3 1 ma=allowed\npython3 1 ma=allowed arch=i386
    tool 1 arch=i386\ndoc 1 arch=all";

/// What building `src:s` needs, the source itself left out.
fn needs(fields: &str, profiles: &[&str]) -> String {
    let world = World::with_sources(BINARIES, &format!("s 1 {fields}"), profiles);
    let wish = Wish {
        name: "src:s".into(),
        architecture: Some("source".into()),
        ..Wish::default()
    };
    let answer = world.answer_to(&Request {
        wishes: vec![wish],
        ..Request::default()
    });
    answer
        .replace(" src:s:source=1", "")
        .replace("src:s:source=1", "")
}

#[test]
fn build_dependencies() {
    let all = "build-depends=gcc build-depends-arch=make build-depends-indep=perl";
    let table: [(&str, &str, &[&str], &str); 16] = [
        ("all three fields count", all, &[], "gcc=1 make=1 perl=1"),
        (
            "one that nothing serves",
            "build-depends=nowhere",
            &[],
            "none",
        ),
        (
            "for another architecture only",
            "build-depends=nowhere[i386]",
            &[],
            "",
        ),
        ("for this one", "build-depends=gcc[amd64]", &[], "gcc=1"),
        ("for all but this one", "build-depends=gcc[!amd64]", &[], ""),
        (
            "by a wildcard",
            "build-depends=gcc[linux-any],make[any-i386]",
            &[],
            "gcc=1",
        ),
        (
            "an alternative for another architecture is no alternative",
            "build-depends=gcc[i386]|make",
            &[],
            "make=1",
        ),
        (
            "left out by a profile that is off",
            "build-depends=gcc<nocheck>",
            &[],
            "",
        ),
        (
            "and taken where it is on",
            "build-depends=gcc<nocheck>",
            &["nocheck"],
            "gcc=1",
        ),
        (
            "taken unless a profile is on",
            "build-depends=gcc<!nocheck>",
            &[],
            "gcc=1",
        ),
        (
            "and left out where it is",
            "build-depends=gcc<!nocheck>",
            &["nocheck"],
            "",
        ),
        (
            "two lists of profiles: one is enough",
            "build-depends=gcc<!nocheck><cross>",
            &["nocheck", "cross"],
            "gcc=1",
        ),
        (
            "what must be absent",
            "build-depends=gcc build-conflicts=gcc",
            &[],
            "none",
        ),
        (
            "what must be absent elsewhere",
            "build-depends=gcc build-conflicts=gcc[i386]",
            &[],
            "gcc=1",
        ),
        (
            "`:native` and `:any`",
            "build-depends=make:native,python3:any",
            &[],
            "make=1 python3=1",
        ),
        (
            "the architecture of the build counts",
            "build-depends=tool",
            &[],
            "none",
        ),
    ];
    for (why, fields, profiles, answer) in table {
        assert_eq!(needs(fields, profiles), answer, "{fields}: {why}");
    }
}

#[test]
fn sources_for_other_architectures_are_passed_over() {
    let sources = "here 1 architecture=amd64\nany 1 architecture=any\nall 1 architecture=all
        wild 1 architecture=linux-any\nthere 1 architecture=i386\nhurd 1 architecture=hurd-any";
    let world = World::with_sources(BINARIES, sources, &[]);
    let universe = world.universe();
    let sources = universe.ids().map(|id| universe.package(id));
    let names: Vec<&str> = sources
        .filter(|package| package.is_source())
        .map(|package| package.source_or_name())
        .collect();
    assert_eq!(names, ["all", "any", "here", "wild"]);
}

#[test]
fn the_verdict_over_sources() {
    let sources = "fine 1 build-depends=gcc\nbroken 1 build-depends=nowhere
        clash 1 build-depends=gcc,make build-conflicts=make
        absent 1 build-conflicts=build-essential";
    let rows = "gcc 1\nmake 1\nbuild-essential 1 depends=gcc\nbinary 1 depends=nowhere";
    let world = World::with_sources(rows, sources, &[]);
    let universe = world.universe();
    let verdict = |present: &[&str]| {
        let options = InstallableOptions {
            builds: true,
            present,
            ..InstallableOptions::default()
        };
        let verdict = installable(&universe, options);
        assert_eq!(verdict.total, 4, "sources only");
        let broken = verdict.broken.iter();
        broken
            .map(|broken| world.label(broken.package))
            .collect::<Vec<_>>()
            .join(" ")
    };
    assert_eq!(verdict(&[]), "src:broken:source=1 src:clash:source=1");
    assert_eq!(
        verdict(&["build-essential"]),
        "src:absent:source=1 src:broken:source=1 src:clash:source=1"
    );
}

#[test]
fn built_using_is_kept_as_a_fact_and_needs_nothing() {
    let world = World::new("a 1 built-using=gcc-12(=12.2) static-built-using=golang(=1.19)");
    assert_eq!(world.answer("a"), "a=1");
    let package = world.universe().package(world.id("a=1"));
    assert_eq!(package.built_using(), "gcc-12(=12.2)");
    assert_eq!(package.static_built_using(), "golang(=1.19)");
}
