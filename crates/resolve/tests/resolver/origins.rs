//! Several suites and versions: priorities, wishes that choose, and what a lock keeps.

use super::world::{Rows, World, ask_all, request};

const STABLE: &str = "a 1\nb 1\nw 1 depends=a(>=2)";
const BACKPORTS: &str = "a 2 depends=b\nd 1 depends=b(>=2)\nb 2\nonly 1";

/// Asks wishes of several suites; each case says why.
fn ask(origins: &[Rows<'_>], cases: &[(&str, &str, &str)]) {
    let world = World::of(origins);
    for (why, wishes, answer) in cases {
        assert_eq!(&world.answer(wishes), answer, "{wishes}: {why}");
    }
}

#[test]
fn backports_never_win_unless_asked() {
    let origins = [("stable", 500, STABLE), ("backports", 100, BACKPORTS)];
    ask(
        &origins,
        &[
            ("the release wins over a newer version", "a", "a=1"),
            ("a suite may be asked for", "a/backports", "a=2 b=1"),
            ("and a version", "a=2", "a=2 b=1"),
            (
                "a dependency does not reach into backports of itself",
                "w",
                "none",
            ),
            (
                "nor where the wish chooses another version only",
                "w b=2",
                "none",
            ),
            (
                "a version that was asked for serves others too",
                "w a=2",
                "a=2 b=1 w=1",
            ),
            (
                "the suite of a wish may serve its dependencies",
                "d/backports",
                "b=2 d=1",
            ),
            ("wherever the wish stands", "b d/backports", "b=2 d=1"),
            (
                "a package that only backports have is as good as any",
                "only",
                "only=1",
            ),
            ("the release is a suite too", "a/stable", "a=1"),
            ("the repository's name will do", "a/toy", "a=2 b=1"),
        ],
    );
}

#[test]
fn priorities() {
    ask(
        &[
            ("stable", 500, "a 2\nb 1"),
            ("pinned", 700, "a 1"),
            ("never", -1, "b 2\nc 1"),
        ],
        &[
            ("a higher priority wins over a newer version", "a", "a=1"),
            ("the newer one can be asked for", "a=2", "a=2"),
            ("a negative priority never wins", "b", "b=1"),
            (
                "nor serves a name that nothing else bears",
                "c",
                "no package `c`; there is 1 (amd64, never)",
            ),
            ("but to whom asks for its very suite", "c/never", "c=1"),
        ],
    );
}

#[test]
fn a_provider_serves_where_no_version_of_the_real_package_may_be_taken() {
    ask(
        &[("stable", 500, "p 1 provides=c"), ("never", -1, "c 1")],
        &[
            ("apt takes the provider", "c", "p=1"),
            ("a suite means the real package", "c/never", "c=1"),
            (
                "and never a provider",
                "c/stable",
                "no package `c/stable`; there is 1 (amd64, never)",
            ),
        ],
    );
}

#[test]
fn several_versions_in_one_index() {
    let rows = "a 1\na 3\na 2\nold 1 depends=a(=1)\nmid 1 depends=a(<<3)";
    ask_all(&[
        ("the newest is taken", rows, "a", "a=3"),
        ("each can be asked for", rows, "a=2", "a=2"),
        (
            "a dependency may need an older one",
            rows,
            "old",
            "a=1 old=1",
        ),
        ("the newest of those that fit", rows, "mid", "a=2 mid=1"),
        (
            "a wish yields where another needs it",
            rows,
            "a old",
            "a=1 old=1",
        ),
        (
            "two versions are never installed together",
            rows,
            "a=3 old",
            "none",
        ),
        ("nor two wished ones", rows, "a=3 a=2", "none"),
        (
            "an epoch is part of the version",
            "a 1:1\na 2",
            "a",
            "a=1:1",
        ),
    ]);
}

#[test]
fn a_release_with_updates_and_security() {
    let release = "lib 1\napp 1 depends=lib(=1)\nsame 1";
    let security = "lib 1+deb1\napp 1+deb1 depends=lib(=1+deb1)\nsame 1";
    let origins = [("stable", 500, release), ("stable-security", 500, security)];
    ask(
        &origins,
        &[
            (
                "the newest of both suites is taken",
                "app",
                "app=1+deb1 lib=1+deb1",
            ),
            (
                "wishes that hold together only in the older suite find it",
                "app=1",
                "app=1 lib=1",
            ),
            ("a mix of both is impossible", "app=1 lib=1+deb1", "none"),
            (
                "the same file in two suites is one package",
                "same",
                "same=1",
            ),
            (
                "which either suite can be asked for",
                "same/stable-security",
                "same=1",
            ),
            ("the first one too", "same/stable", "same=1"),
        ],
    );
}

#[test]
fn an_earlier_answer_is_taken_again_while_it_is_one() {
    // At first `a` could not be had, so `b` was locked.
    let world = World::new("w 1 depends=a|b recommends=r\na 1\nb 1\nx 1 conflicts=b\nr 1");
    let asking = |wishes: &str, recommends: bool| {
        let mut asked = request(wishes);
        asked.earlier = vec![world.id("b=1"), world.id("w=1")];
        asked.recommends = recommends;
        world.answer_to(&asked)
    };
    assert_eq!(asking("w", false), "b=1 w=1");
    assert_eq!(
        asking("b", false),
        "b=1",
        "what is not needed any more goes"
    );
    assert_eq!(
        asking("w x", false),
        "a=1 w=1 x=1",
        "what is no answer any more is not"
    );
    assert_eq!(
        asking("w", true),
        "a=1 r=1 w=1",
        "nor is what lacks a recommendation"
    );
}

#[test]
fn what_a_lock_holds_is_kept_where_possible() {
    let world = World::new("a 1\na 2\nw 1 depends=a\nnew 1 depends=a(>=2)");
    let keeping = |wishes: &str, keep: &[&str]| {
        let mut asked = request(wishes);
        asked.keep = keep.iter().map(|label| world.id(label)).collect();
        world.answer_to(&asked)
    };
    assert_eq!(
        keeping("w", &[]),
        "a=2 w=1",
        "without a lock the newest is taken"
    );
    assert_eq!(keeping("w", &["a=1"]), "a=1 w=1", "a dependency stays");
    assert_eq!(keeping("a", &["a=1"]), "a=1", "a wish stays");
    assert_eq!(
        keeping("new", &["a=1"]),
        "a=2 new=1",
        "what is impossible is given up"
    );
    assert_eq!(
        keeping("a=2", &["a=1"]),
        "a=2",
        "a wish for a version wins over the lock"
    );
    assert_eq!(
        keeping("w", &["a=1", "new=1"]),
        "a=1 w=1",
        "keeping is not wishing"
    );
}
