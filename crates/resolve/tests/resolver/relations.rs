//! Relations: versions, alternatives, fields, circles.

use super::world::{World, ask_all, request};

#[test]
fn versions() {
    let rows = "a 2
        lt1 1 depends=a(<<2)
        lt2 1 depends=a(<<2.1)
        le 1 depends=a(<=2)
        eq 1 depends=a(=2-0)
        ge 1 depends=a(>=2)
        gt1 1 depends=a(>>2)
        gt2 1 depends=a(>>2~rc1)
        two 1 depends=a(>=1),a(<<3)
        epoch 1 depends=a(>=1:1)";
    ask_all(&[
        ("`<<` leaves the version itself out", rows, "lt1", "none"),
        ("`<<` takes what is older", rows, "lt2", "a=2 lt2=1"),
        ("`<=` takes the version itself", rows, "le", "a=2 le=1"),
        ("2 and 2-0 are one version to dpkg", rows, "eq", "a=2 eq=1"),
        ("`>=` takes the version itself", rows, "ge", "a=2 ge=1"),
        ("`>>` leaves the version itself out", rows, "gt1", "none"),
        ("a tilde sorts before the end", rows, "gt2", "a=2 gt2=1"),
        ("a range is two relations", rows, "two", "a=2 two=1"),
        ("an epoch outweighs everything", rows, "epoch", "none"),
    ]);
}

#[test]
fn alternatives() {
    ask_all(&[
        (
            "the first alternative wins where nothing speaks against it",
            "w 1 depends=a|b\na 1\nb 1",
            "w",
            "a=1 w=1",
        ),
        (
            "the order is that of the field, not of the alphabet",
            "w 1 depends=b|a\na 1\nb 1",
            "w",
            "b=1 w=1",
        ),
        (
            "an alternative that is a member already is as good as the first",
            "w 1 depends=a|b\na 1\nb 1",
            "w b",
            "b=1 w=1",
        ),
        (
            "what an earlier dependency brought in serves the later alternative",
            "w 1 depends=x,a|b\nx 1 depends=b\na 1\nb 1",
            "w",
            "b=1 w=1 x=1",
        ),
        (
            "an alternative that cannot be installed is passed over",
            "w 1 depends=a|b\na 1 depends=nowhere\nb 1",
            "w",
            "b=1 w=1",
        ),
        (
            "an alternative that clashes with another wish is passed over",
            "w 1 depends=a|b\na 1\nb 1\nx 1 conflicts=a",
            "w x",
            "b=1 w=1 x=1",
        ),
        (
            "the choice that a greedy walk makes first has to be taken back",
            "w 1 depends=a|b,c\na 1\nb 1\nc 1 depends=d\nd 1 depends=e\ne 1 conflicts=a",
            "w",
            "b=1 c=1 d=1 e=1 w=1",
        ),
        (
            "what a detour left behind (y) is no member, as it lacks what it needs",
            "w 1 depends=e|y,q|z\ne 2 conflicts=w\ne 1\ny 1 depends=r|s\nr 1\ns 1
            q 1 depends=e(=1)\nz 1 depends=e(=1)",
            "w",
            "e=1 q=1 w=1",
        ),
        (
            "no alternative at all",
            "w 1 depends=a|b\na 1 depends=x\nb 1 depends=y",
            "w",
            "none",
        ),
    ]);
}

#[test]
fn fields() {
    ask_all(&[
        (
            "Pre-Depends are dependencies",
            "w 1 predepends=a depends=b\na 1\nb 1",
            "w",
            "a=1 b=1 w=1",
        ),
        (
            "an unmet Pre-Depends is final",
            "w 1 predepends=a",
            "w",
            "none",
        ),
        (
            "Suggests, Enhances and Replaces bring nothing in",
            "w 1 suggests=a enhances=a replaces=a\na 1",
            "w",
            "w=1",
        ),
        (
            "Replaces alone excludes nobody",
            "a 1 replaces=b\nb 1",
            "a b",
            "a=1 b=1",
        ),
        ("Conflicts exclude", "a 1 conflicts=b\nb 1", "a b", "none"),
        (
            "Conflicts exclude from the other side too",
            "a 1\nb 1 conflicts=a",
            "a b",
            "none",
        ),
        ("Breaks exclude", "a 1 breaks=b(<<2)\nb 1", "a b", "none"),
        (
            "Breaks of an older version leave the newer one alone",
            "a 1 breaks=b(<<2)\nb 2",
            "a b",
            "a=1 b=2",
        ),
        (
            "a package conflicts with every other provider of a name that it provides itself",
            "a 1 provides=mta conflicts=mta\nb 1 provides=mta conflicts=mta",
            "a b",
            "none",
        ),
        (
            "but not with itself",
            "a 1 provides=mta conflicts=mta breaks=a(<<2)",
            "a",
            "a=1",
        ),
        (
            "two conflicts on one name are met by neither",
            "w 1 depends=a\na 1 conflicts=b,c\nb 1\nc 1",
            "w",
            "a=1 w=1",
        ),
    ]);
}

#[test]
fn recommends_are_followed_only_where_asked_and_possible() {
    let table = [
        (
            "they are followed in depth",
            "w 1 recommends=a\na 1 recommends=b\nb 1",
            "a=1 b=1 w=1",
        ),
        (
            "one that nothing serves is no failure",
            "w 1 recommends=nowhere",
            "w=1",
        ),
        (
            "one whose dependencies fail is no failure",
            "w 1 recommends=a\na 1 depends=nowhere",
            "w=1",
        ),
        (
            "one that clashes with a dependency is left out",
            "w 1 recommends=a depends=b\na 1\nb 1 conflicts=a",
            "b=1 w=1",
        ),
        (
            "its second alternative may still serve",
            "w 1 recommends=a|c depends=b\na 1\nb 1 conflicts=a\nc 1",
            "b=1 c=1 w=1",
        ),
        (
            "they are followed too where only the search finds a set",
            "w 1 depends=a|b,c recommends=r\na 1\nb 1\nc 1 depends=d\nd 1 conflicts=a\nr 1",
            "b=1 c=1 d=1 r=1 w=1",
        ),
    ];
    for (why, rows, answer) in table {
        let world = World::new(rows);
        let mut asked = request("w");
        asked.recommends = true;
        assert_eq!(world.answer_to(&asked), answer, "{why}");
        asked.recommends = false;
        let bare = world.solve(&asked).expect("an answer without them");
        assert!(bare.packages.len() <= answer.split(' ').count(), "{why}");
    }
    let world = World::new("w 1 provides=v recommends=a\nw 2\na 1");
    let mut asked = request("v");
    asked.recommends = true;
    let why = "also those of an older version, the only one that is what was asked for";
    assert_eq!(world.answer_to(&asked), "a=1 w=1", "{why}");
    let world = World::new("w 1 recommends=a\na 1");
    assert_eq!(
        world.answer("w"),
        "w=1",
        "optional dependencies stay out unless asked for"
    );
}

#[test]
fn a_recommendation_never_costs_a_wish_its_newest_version() {
    // The search has to find the set, because the walk takes `a` before it sees `d`.
    let rows = "w 2 depends=a|b,c recommends=r\nw 1 depends=b,c recommends=r
        a 1\nb 1\nc 1 depends=d\nd 1 conflicts=a\nr 1 conflicts=w(>=2)";
    let mut asked = request("w");
    asked.recommends = true;
    assert_eq!(World::new(rows).answer_to(&asked), "b=1 c=1 d=1 w=2");
}

#[test]
fn circles() {
    ask_all(&[
        (
            "a circle of two",
            "a 1 depends=b\nb 1 depends=a",
            "a",
            "a=1 b=1",
        ),
        (
            "a circle of Pre-Depends, which apt refuses only when it orders",
            "a 1 predepends=b\nb 1 predepends=a",
            "b",
            "a=1 b=1",
        ),
        (
            "a circle that ends outside",
            "a 1 depends=b\nb 1 depends=c\nc 1 depends=a,nowhere",
            "a",
            "none",
        ),
        (
            "a package that depends on itself",
            "a 1 depends=a",
            "a",
            "a=1",
        ),
        (
            "a package that depends on a newer self",
            "a 1 depends=a(>=2)",
            "a",
            "none",
        ),
        (
            "a circle whose members exclude each other",
            "a 1 depends=b\nb 1 depends=a conflicts=a",
            "a",
            "none",
        ),
        (
            "two circles, of which one is broken",
            "w 1 depends=a|c\na 1 depends=b\nb 1 depends=a,nowhere\nc 1 depends=d\nd 1 depends=c",
            "w",
            "c=1 d=1 w=1",
        ),
    ]);
}
