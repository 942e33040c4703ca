//! Wishes: names known and unknown, virtual ones, versions, architectures, base sets.

use super::world::{World, ask_all, request, request_with};
use formwork_resolve::{Failure, Variant, WishError, solve};

#[test]
fn names() {
    let rows = "a 1\na 2 arch=i386\nsingle 1 provides=v1,both\nother 1 provides=both
        twice 1 provides=t\ntwice 2 provides=t\nforeign 1 arch=i386";
    ask_all(&[
        ("no wish, no package", rows, "", ""),
        ("a wish twice is one wish", rows, "a a", "a=1"),
        ("an architecture may be named", rows, "a:i386", "a:i386=2"),
        ("also the native one", rows, "a:amd64", "a=1"),
        (
            "a virtual name with one provider is taken",
            rows,
            "v1",
            "single=1",
        ),
        (
            "two versions of one provider are one provider",
            rows,
            "t",
            "twice=2",
        ),
        (
            "a virtual name with several providers is a question back",
            rows,
            "both",
            "`both` is a virtual package, provided by other, single",
        ),
        ("a name that nothing bears", rows, "nix", "no package `nix`"),
        (
            "a version that there is not",
            rows,
            "a=3",
            "no package `a=3`; there is 1 (amd64, stable), 2 (i386, stable)",
        ),
        (
            "a version of the other architecture",
            rows,
            "a=2",
            "no package `a=2`; there is 1 (amd64, stable), 2 (i386, stable)",
        ),
        (
            "a suite that there is not",
            rows,
            "a/sid",
            "no package `a/sid`; there is 1 (amd64, stable), 2 (i386, stable)",
        ),
        (
            "a package of a foreign architecture is not native by itself",
            rows,
            "foreign",
            "no package `foreign`; there is 1 (i386, stable)",
        ),
        (
            "all that fail are told together",
            rows,
            "nix a nox",
            "no package `nix`; no package `nox`",
        ),
        (
            "a package that is there for another architecture only does not hide its provider",
            "v 1 arch=i386\np 1 provides=v",
            "v",
            "p=1",
        ),
    ]);
}

#[test]
fn the_nearest_names_are_offered() {
    let world = World::new(
        "mawk 1\ngawk 1\noriginal-awk 1\nnginx 1\nopenssh-server 1\nopenssh-client 1\nzlib1g 1
        python3-requests 1\nlibssl3 1\nbinutils 1\nmake 1\nhello 1 provides=nginxx",
    );
    let table = [
        ("mawk-ng", "mawk gawk original-awk"),
        ("ngnix", "nginx"),
        ("nginx-ful", "nginx"),
        ("openssh", "openssh-client openssh-server"),
        ("pyhton3-requests", "python3-requests"),
        ("libssl", "libssl3"),
        ("requests", "python3-requests"),
        ("xyzzy", ""),
        ("a", ""),
    ];
    for (name, offered) in table {
        let Err(Failure::Wishes(errors)) = solve(&world.universe(), &request(name)) else {
            panic!("{name} is no package");
        };
        let [WishError::Unknown { nearest, .. }] = &errors[..] else {
            panic!("{name}: {errors:?}");
        };
        assert_eq!(nearest.join(" "), offered, "{name}");
    }
}

const BASE: &str = "base-files 1 essential=yes priority=required
    dash 1 essential=yes priority=required predepends=libc6
    libc6 1 priority=optional
    mount 1 priority=required depends=libc6
    apt 1 priority=important depends=gpgv
    gpgv 1 priority=important
    nano 1 priority=important
    man-db 1 priority=standard
    vim 1 priority=optional
    sysvinit 1 conflicts=dash
    alien 1 essential=yes priority=required arch=i386";

#[test]
fn variants() {
    let essential = "base-files=1 dash=1 libc6=1";
    let minbase = "apt=1 base-files=1 dash=1 gpgv=1 libc6=1 mount=1";
    let standard = "apt=1 base-files=1 dash=1 gpgv=1 libc6=1 man-db=1 mount=1 nano=1";
    let table = [
        (
            "Essential packages and what they need",
            Variant::Essential,
            "",
            essential.to_owned(),
        ),
        (
            "these, required ones and apt",
            Variant::Minbase,
            "",
            minbase.to_owned(),
        ),
        (
            "these, important and standard ones",
            Variant::Standard,
            "",
            standard.to_owned(),
        ),
        (
            "wishes come on top",
            Variant::Essential,
            "vim",
            format!("{essential} vim=1"),
        ),
        (
            "a wish that the base excludes",
            Variant::Essential,
            "sysvinit",
            "none".to_owned(),
        ),
    ];
    let world = World::new(BASE);
    for (why, variant, wishes, answer) in table {
        assert_eq!(
            world.answer_to(&request_with(variant, wishes)),
            answer,
            "{why}"
        );
    }
    assert_eq!(
        world.answer("vim"),
        "vim=1",
        "without a variant no base set is added"
    );
}

#[test]
fn a_base_package_may_be_older_where_a_wish_needs_it() {
    let world = World::new("dash 1 essential=yes\ndash 2 essential=yes\nw 1 breaks=dash(>=2)");
    assert_eq!(
        world.answer_to(&request_with(Variant::Essential, "w")),
        "dash=1 w=1"
    );
    assert_eq!(
        world.answer_to(&request_with(Variant::Essential, "")),
        "dash=2"
    );
}

#[test]
fn the_base_set_is_a_reason() {
    let world = World::new(BASE);
    let asked = request_with(Variant::Essential, "dash");
    let solution = world.solve(&asked).expect("an answer");
    let reasons = solution.reasons(&world.universe());
    let of = |label: &str| format!("{:?}", reasons[&world.id(label)]);
    assert_eq!(of("base-files=1"), "[Base]");
    assert!(of("dash=1").starts_with("[Base, Wish("), "{}", of("dash=1"));
    assert!(of("libc6=1").starts_with("[Needed"), "{}", of("libc6=1"));
}
