//! The checker refuses every kind of wrong answer, in words.

use super::world::{World, request, request_with};
use formwork_deb::universe::PackageId;
use formwork_resolve::{Request, Variant, check};

fn verdict(world: &World, asked: &Request, labels: &str) -> String {
    let packages: Vec<PackageId> = labels
        .split_whitespace()
        .map(|label| world.id(label))
        .collect();
    match check(&world.universe(), asked, &packages) {
        Ok(()) => "sound".to_owned(),
        Err(error) => error.to_string(),
    }
}

#[test]
fn wrong_answers() {
    let world = World::new(
        "w 1 depends=a|b\na 1\nb 1 conflicts=a\na 2 breaks=c(<<2)\nc 1\np 1 provides=a
        v 1 depends=x(>=2)\nq 3 provides=x\nr 1 provides=x(=2)\ns 1 provides=x(>=2)
        lib 1 ma=same\nlib 1 ma=same arch=i386\nlib 2 ma=same arch=i386
        any 1 depends=a:any\nfar 1 depends=c:i386",
    );
    let together = "exclude each other";
    let one = "they are one package";
    let table = [
        ("as it should be", "w", "w=1 a=2", "sound"),
        (
            "more than is needed is no fault",
            "w",
            "w=1 a=2 p=1",
            "sound",
        ),
        (
            "the wish is missing",
            "w",
            "a=2",
            "nothing fulfils the wish w",
        ),
        (
            "the wish's version is missing",
            "a=1",
            "a=2",
            "nothing fulfils the wish a=1",
        ),
        (
            "its suite",
            "a/sid",
            "a=2",
            "nothing fulfils the wish a/sid",
        ),
        (
            "its architecture",
            "lib:i386",
            "lib=1",
            "nothing fulfils the wish lib:i386",
        ),
        (
            "a provider is not the version of the real package that was asked for",
            "a=1",
            "p=1",
            "nothing fulfils the wish a=1",
        ),
        (
            "a need is unmet",
            "w",
            "w=1",
            "w:amd64 1: Depends: a|b is not satisfied",
        ),
        (
            "an unversioned Provides",
            "v",
            "v=1 q=3",
            "v:amd64 1: Depends: x(>=2) is not satisfied",
        ),
        ("a versioned one", "v", "v=1 r=1", "sound"),
        (
            "one that is not exact",
            "v",
            "v=1 s=1",
            "v:amd64 1: Depends: x(>=2) is not satisfied",
        ),
        (
            "`:any` without `allowed`",
            "any",
            "any=1 a=1",
            "any:amd64 1: Depends: a:any is not satisfied",
        ),
        (
            "another architecture",
            "far",
            "far=1 c=1",
            "far:amd64 1: Depends: c:i386 is not satisfied",
        ),
        (
            "a conflict",
            "w",
            "w=1 a=1 b=1",
            &format!("b:amd64 1 and a:amd64 1 {together}: Conflicts: a"),
        ),
        (
            "a conflict with a provider",
            "w",
            "w=1 b=1 p=1",
            &format!("b:amd64 1 and p:amd64 1 {together}: Conflicts: a"),
        ),
        (
            "something broken",
            "w c",
            "w=1 a=2 c=1",
            &format!("a:amd64 2 and c:amd64 1 {together}: Breaks: c(<<2)"),
        ),
        (
            "two versions",
            "w",
            "w=1 a=1 a=2",
            &format!("a:amd64 1 and a:amd64 2 {together}: {one}"),
        ),
        (
            "two architectures at two versions",
            "lib",
            "lib=1 lib:i386=2",
            &format!("lib:amd64 1 and lib:i386 2 {together}: {one}"),
        ),
        (
            "two architectures at one version",
            "lib",
            "lib=1 lib:i386=1",
            "sound",
        ),
        (
            "a package twice",
            "c",
            "c=1 c=1",
            &format!("c:amd64 1 and c:amd64 1 {together}: {one}"),
        ),
    ];
    for (why, wishes, answer, expected) in table {
        assert_eq!(verdict(&world, &request(wishes), answer), expected, "{why}");
    }
}

#[test]
fn a_base_set_must_be_whole() {
    let world = World::new("dash 1 essential=yes\nbase 1 essential=yes\nw 1");
    let asked = request_with(Variant::Essential, "w");
    assert_eq!(verdict(&world, &asked, "w=1 dash=1 base=1"), "sound");
    assert_eq!(
        verdict(&world, &asked, "w=1 dash=1"),
        "base is missing from the base set"
    );
    assert_eq!(
        verdict(&world, &request("w"), "w=1"),
        "sound",
        "only where it was asked for"
    );
}

#[test]
fn a_build_dependency_for_another_architecture_is_met_by_nothing() {
    let world = World::with_sources("gcc 1\nmake 1", "s 1 build-depends=gcc[i386]|make", &[]);
    let asked = Request::default();
    assert_eq!(verdict(&world, &asked, "src:s:source=1 make=1"), "sound");
    assert_eq!(
        verdict(&world, &asked, "src:s:source=1 gcc=1"),
        "src:s:source 1: Build-Depends: gcc[i386]|make is not satisfied"
    );
}

#[test]
fn a_base_package_of_another_architecture_is_none() {
    let world = World::new("dash 1 essential=yes\ndash 1 essential=yes arch=i386");
    let asked = request_with(Variant::Essential, "");
    let foreign = verdict(&world, &asked, "dash:i386=1");
    assert_eq!(foreign, "dash is missing from the base set");
}
