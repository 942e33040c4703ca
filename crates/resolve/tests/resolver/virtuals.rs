//! Virtual packages, versioned `Provides`, and real packages before providers.

use super::world::{World, ask_all, request};
use formwork_resolve::Reason;

#[test]
fn providers() {
    ask_all(&[
        (
            "a provider serves",
            "w 1 depends=v\np 1 provides=v",
            "w",
            "p=1 w=1",
        ),
        (
            "an unversioned Provides never satisfies a versioned relation",
            "w 1 depends=v(>=1)\np 1 provides=v",
            "w",
            "none",
        ),
        (
            "nor by its package's own version",
            "w 1 depends=v(=1)\np 1 provides=v",
            "w",
            "none",
        ),
        (
            "a versioned Provides satisfies by the version that it states",
            "w 1 depends=v(>=3)\np 1 provides=v(=3)",
            "w",
            "p=1 w=1",
        ),
        (
            "and by no other",
            "w 1 depends=v(>=4)\np 4 provides=v(=3)",
            "w",
            "none",
        ),
        (
            "a versioned Provides satisfies a plain relation",
            "w 1 depends=v\np 1 provides=v(=3)",
            "w",
            "p=1 w=1",
        ),
        (
            "a Provides with another operator is none, as apt has it",
            "w 1 depends=v\np 1 provides=v(>=3)",
            "w",
            "none",
        ),
        (
            "of two providers the essential one comes first",
            "w 1 depends=v\na 1 provides=v\nb 1 provides=v essential=yes",
            "w",
            "b=1 w=1",
        ),
        (
            "of two providers the one of higher archive priority comes first",
            "w 1 depends=v\na 1 provides=v priority=extra\nb 1 provides=v priority=important",
            "w",
            "b=1 w=1",
        ),
        (
            "a provider that is a member already serves before one that would be added",
            "w 1 depends=x,v\na 1 provides=v\nb 1 provides=v\nx 1 depends=b",
            "w",
            "b=1 w=1 x=1",
        ),
        (
            "a provider of a version that is too old conflicts with nobody",
            "w 1 conflicts=v(<<2)\na 1 provides=v(=3)\nb 1 provides=v",
            "w a b",
            "a=1 b=1 w=1",
        ),
        (
            "a conflict with a virtual name hits its providers",
            "w 1 conflicts=v\na 1 provides=v",
            "w a",
            "none",
        ),
        (
            "a package that provides its own name is one candidate, not two",
            "w 1 depends=a\na 1 provides=a",
            "w",
            "a=1 w=1",
        ),
        (
            "a package may provide its own name in a version that its own is not",
            "w 1 depends=a(>=5)\na 1 provides=a(=5)",
            "w",
            "a=1 w=1",
        ),
    ]);
}

#[test]
fn a_provides_does_not_beat_the_real_package() {
    let rows = "w 1 depends=v\nv 1\na 2 provides=v essential=yes priority=required";
    ask_all(&[
        ("whatever its flags", rows, "w", "v=1 w=1"),
        ("nor when the name is wished", rows, "v", "v=1"),
        (
            "it serves where the real package cannot be installed",
            "w 1 depends=v\nv 1 depends=nowhere\na 2 provides=v",
            "w",
            "a=2 w=1",
        ),
        (
            "or is in the wrong version",
            "w 1 depends=v(>=2)\nv 1\na 2 provides=v(=2)",
            "w",
            "a=2 w=1",
        ),
        (
            "a wish for a real package that clashes is served by a provider in its stead",
            "v 1 conflicts=x\nx 1\na 2 provides=v",
            "v x",
            "a=2 x=1",
        ),
        (
            "but not where the wish says a version: that is of the package itself",
            "v 1 conflicts=x\nx 1\na 2 provides=v(=1)",
            "v=1 x",
            "none",
        ),
        (
            "of which one that another wish brings in will do",
            "v 1 conflicts=x\nx 1\na 2 provides=v(=1)\nb 2 provides=v(=1)",
            "v x b",
            "b=2 x=1",
        ),
        (
            "which does not spare the real package where that can be had",
            "v 1\na 2 provides=v(=1)\nw 1 depends=b|c,d\nb 1\nc 1\nd 1 depends=e\ne 1 conflicts=b",
            "a v w",
            "a=2 c=1 d=1 e=1 v=1 w=1",
        ),
    ]);
}

#[test]
fn an_outdated_provider_across_main_and_security_does_not_serve() {
    // libfoo1 provided libfoo-abi-1 in main; the version in security no longer does.
    let main = "w 1 depends=abi-1\nlib 1 provides=abi-1\nother 1 provides=abi-1";
    let security = "lib 1.1 provides=abi-2";
    let world = World::of(&[("stable", 500, main), ("stable-security", 500, security)]);
    assert_eq!(
        world.answer("w"),
        "other=1 w=1",
        "a provider that is up to date serves"
    );
    assert_eq!(world.answer("abi-2"), "lib=1.1");
    let main = "w 1 depends=abi-1\nlib 1 provides=abi-1\nx 1 depends=lib(>=1.1)";
    let world = World::of(&[("stable", 500, main), ("stable-security", 500, security)]);
    assert_eq!(
        world.answer("w x"),
        "none",
        "both versions at once are no way out"
    );
}

#[test]
fn the_newest_provider_serves() {
    let rows = "w 1 depends=v\na 2 provides=v\na 1 provides=v";
    assert_eq!(World::new(rows).answer("w"), "a=2 w=1");
    let turned = "w 1 depends=v\na 1 provides=v\na 2 provides=v";
    assert_eq!(World::new(turned).answer("w"), "a=2 w=1");
}

#[test]
fn reasons_say_which_provider_serves_and_what_else_could() {
    let world = World::new("w 1 depends=v|x\na 1 provides=v\nb 1 provides=v\nx 1 depends=a");
    let solution = world.solve(&request("w a")).expect("an answer");
    let reasons = solution.reasons(&world.universe());
    let of = &reasons[&world.id("a=1")];
    let [
        Reason::Wish(wish),
        Reason::Needed {
            by,
            field,
            provider_of,
            alternatives,
            ..
        },
    ] = &of[..]
    else {
        panic!("{of:?}");
    };
    assert_eq!(wish.to_string(), "a");
    assert_eq!(
        (world.label(*by).as_str(), field.name()),
        ("w=1", "Depends")
    );
    assert_eq!(provider_of.as_deref(), Some("v"));
    assert_eq!(world.labels(alternatives), "b=1 x=1");
    assert_eq!(reasons[&world.id("w=1")].len(), 1, "the wish alone");
}

#[test]
fn every_reason_is_given() {
    let world = World::new("w 1 depends=a predepends=b\nb 1 depends=a recommends=a\na 1");
    let solution = world.solve(&request("w")).expect("an answer");
    let reasons = solution.reasons(&world.universe());
    let by = |reason: &Reason| match reason {
        Reason::Needed { by, field, .. } => format!("{} {}", world.label(*by), field.name()),
        other => format!("{other:?}"),
    };
    let of_a: Vec<String> = reasons[&world.id("a=1")].iter().map(by).collect();
    assert_eq!(
        of_a,
        ["b=1 Depends", "w=1 Depends"],
        "Recommends do not count unless asked for"
    );
}
