//! Explanations: the steps to a clash, and ways out of it.

use super::world::{Rows, World, request, request_with};
use formwork_resolve::{Fact, InstallableOptions, Request, Variant, explain_broken, installable};

struct Case<'a> {
    why: &'a str,
    origins: &'a [Rows<'a>],
    request: Request,
    wishes: &'a str,
    chain: &'a [&'a str],
    ways_out: &'a [&'a str],
}

fn tell(case: &Case<'_>) {
    let world = World::of(case.origins);
    let explanation = world.explanation(&case.request);
    let chain: Vec<&str> = explanation
        .chain
        .iter()
        .map(|step| step.text.as_str())
        .collect();
    let ways: Vec<&str> = explanation
        .ways_out
        .iter()
        .map(|way| way.text.as_str())
        .collect();
    assert_eq!(explanation.wishes.join(" "), case.wishes, "{}", case.why);
    assert_eq!(chain, case.chain, "{}", case.why);
    assert_eq!(ways, case.ways_out, "{}", case.why);
}

#[test]
fn clashes() {
    tell(&Case {
        why: "two wishes that conflict",
        origins: &[(
            "stable",
            500,
            "systemd-sysv 252 conflicts=sysvinit-core\nsysvinit-core 3",
        )],
        request: request("systemd-sysv sysvinit-core"),
        wishes: "systemd-sysv sysvinit-core",
        chain: &[
            "systemd-sysv is wished",
            "sysvinit-core is wished",
            "systemd-sysv 252 Conflicts: sysvinit-core, which is sysvinit-core 3",
        ],
        ways_out: &["drop systemd-sysv", "drop sysvinit-core"],
    });
    tell(&Case {
        why: "the wish that has no part in it is not spoken of",
        origins: &[(
            "stable",
            500,
            "a 1 depends=x\nx 1 breaks=y(<<2)\nb 1 predepends=y\ny 1\nc 1",
        )],
        request: request("c a b"),
        wishes: "a b",
        chain: &[
            "a is wished",
            "a 1 Depends: x → x 1",
            "b is wished",
            "b 1 Pre-Depends: y → y 1",
            "x 1 Breaks: y(<<2), which is y 1",
        ],
        ways_out: &["drop a", "drop b"],
    });
    tell(&Case {
        why: "the shorter of two ways to the clash is told",
        origins: &[(
            "stable",
            500,
            "a 1 depends=l,m,x\nl 1 depends=x\nm 1 depends=l\nx 1 conflicts=b\nb 1",
        )],
        request: request("a b"),
        wishes: "a b",
        chain: &[
            "a is wished",
            "a 1 Depends: x → x 1",
            "b is wished",
            "x 1 Conflicts: b, which is b 1",
        ],
        ways_out: &["drop a", "drop b"],
    });
    tell(&Case {
        why: "every alternative is spoken of",
        origins: &[(
            "stable",
            500,
            "a 1 depends=x|y\nx 1 conflicts=b\ny 1 depends=z\nb 1",
        )],
        request: request("a b"),
        wishes: "a b",
        chain: &[
            "a is wished",
            "a 1 Depends: x|y → x 1",
            "a 1 Depends: x|y → y 1",
            "y 1 Depends: z, which nothing provides",
            "b is wished",
            "x 1 Conflicts: b, which is b 1",
        ],
        ways_out: &["drop a", "drop b"],
    });
    tell(&Case {
        why: "two versions of one package",
        origins: &[(
            "stable",
            500,
            "a 1 depends=l(=1)\nb 1 depends=l(=2)\nl 1\nl 2",
        )],
        request: request("a b"),
        wishes: "a b",
        chain: &[
            "a is wished",
            "a 1 Depends: l(=1) → l 1",
            "b is wished",
            "b 1 Depends: l(=2) → l 2",
            "l 2 and 1 exclude each other: one version of a package at a time",
        ],
        ways_out: &["drop a", "drop b"],
    });
}

#[test]
fn other_ways_out() {
    tell(&Case {
        why: "a version that only has to be asked for",
        origins: &[
            ("stable", 500, "a 1 depends=l(>=2)\nl 1"),
            ("backports", 100, "l 2"),
        ],
        request: request("a"),
        wishes: "a",
        chain: &[
            "a is wished",
            "a 1 Depends: l(>=2), which no allowed version fulfils; there is l 2 (backports), l 1 (stable)",
        ],
        ways_out: &["drop a", "ask for l/backports (version 2)"],
    });
    tell(&Case {
        why: "asking for it is no way out where it cannot be installed either",
        origins: &[
            ("stable", 500, "a 1 depends=l(>=2)\nl 1"),
            ("backports", 100, "l 2 depends=nowhere"),
        ],
        request: request("a"),
        wishes: "a",
        chain: &[
            "a is wished",
            "a 1 Depends: l(>=2), which no allowed version fulfils; there is l 2 (backports), l 1 (stable)",
        ],
        ways_out: &["drop a"],
    });
    tell(&Case {
        why: "two clashes: no single wish is the way out, and no more is dropped than needed",
        origins: &[(
            "stable",
            500,
            "a 1 conflicts=b\nb 1\nc 1 conflicts=d\nd 1\ne 1",
        )],
        request: request("a b c d e"),
        wishes: "a b",
        chain: &[
            "a is wished",
            "b is wished",
            "a 1 Conflicts: b, which is b 1",
        ],
        ways_out: &["drop b and d", "drop a and c"],
    });
    tell(&Case {
        why: "the base set cannot be dropped",
        origins: &[("stable", 500, "dash 1 essential=yes\nw 1 conflicts=dash")],
        request: request_with(Variant::Essential, "w"),
        wishes: "w",
        chain: &[
            "dash has to be present",
            "w is wished",
            "w 1 Conflicts: dash, which is dash 1",
        ],
        ways_out: &["drop w"],
    });
    tell(&Case {
        why: "a base set that is impossible in itself has no way out",
        origins: &[("stable", 500, "dash 1 essential=yes depends=nowhere\nw 1")],
        request: request_with(Variant::Essential, "w"),
        wishes: "",
        chain: &[
            "dash has to be present",
            "dash 1 Depends: nowhere, which nothing provides",
        ],
        ways_out: &[],
    });
}

#[test]
fn no_fact_of_a_proof_is_idle() {
    let rows = "a 1 depends=x,noise\nx 1 depends=y\ny 1 conflicts=b\nb 1 depends=noise\nnoise 1";
    let conflict = World::new(rows).conflict(&request("a b"));
    let kinds = |kind: fn(&Fact) -> bool| conflict.proof.facts.iter().filter(|f| kind(f)).count();
    assert_eq!(kinds(|fact| matches!(fact, Fact::Wish(_))), 2);
    assert_eq!(kinds(|fact| matches!(fact, Fact::Depends { .. })), 2);
    assert_eq!(kinds(|fact| matches!(fact, Fact::Excludes(..))), 1);
}

#[test]
fn a_broken_package_of_an_archive_says_why() {
    let rows = "dash 1 essential=yes\na 1 depends=b\nb 1 depends=c|d(>=2)\nd 1\nx 1 conflicts=dash";
    let world = World::new(rows);
    let verdict = installable(&world.universe(), InstallableOptions::default());
    let told: Vec<String> = verdict
        .broken
        .iter()
        .map(|broken| {
            let steps = explain_broken(&world.universe(), broken);
            let texts: Vec<String> = steps.into_iter().map(|step| step.text).collect();
            format!("{}: {}", world.label(broken.package), texts.join("; "))
        })
        .collect();
    let missing = "b 1 Depends: c|d(>=2), which no allowed version fulfils; there is d 1 (stable)";
    assert_eq!(
        told,
        [
            format!("a=1: a 1 Depends: b → b 1; {missing}"),
            format!("b=1: {missing}"),
            "x=1: x 1 Conflicts: dash, which is dash 1".to_owned(),
        ]
    );
}

#[test]
fn what_does_not_fit_is_named() {
    let table = [
        (
            "a plain Provides",
            "v 2 provides=x\nw 1 depends=x(>=1)",
            "v 2 (provides x of no version)",
        ),
        (
            "one of another version",
            "v 2 provides=x(=1)\nw 1 depends=x(>=2)",
            "v 2 (provides x 1)",
        ),
        (
            "another architecture",
            "x 1 arch=i386\nw 1 depends=x",
            "x:i386 1 (stable)",
        ),
        (
            "not all of very many",
            "x 1\nx 2\nx 3\nx 4\nx 5\nx 6\nx 7\nw 1 depends=x(>=8)",
            "x 7 (stable), x 6 (stable), x 5 (stable), x 4 (stable), x 3 (stable) and 2 more",
        ),
    ];
    for (why, rows, found) in table {
        let explanation = World::new(rows).explanation(&request("w"));
        let last = explanation.chain.last().map(|step| step.text.as_str());
        let told = last.and_then(|text| text.split("; there is ").nth(1));
        assert_eq!(told, Some(found), "{why}");
    }
}
