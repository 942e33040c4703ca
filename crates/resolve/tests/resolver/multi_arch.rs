//! Multi-Arch: amd64 with i386 beside it.

use super::world::{World, ask_all};

#[test]
fn same() {
    let rows = "lib 2 ma=same\nlib 2 ma=same arch=i386\nlib 1 ma=same arch=i386
        solo 1\nsolo 1 arch=i386\nhalf 1 ma=same\nhalf 1 arch=i386
        old 1 depends=lib:i386(<<2)\nspelt 1 ma=same\nspelt 1-0 ma=same arch=i386
        every 1 ma=same arch=all\nevery 1 ma=same";
    ask_all(&[
        (
            "equal versions stand beside each other",
            rows,
            "lib lib:i386",
            "lib=2 lib:i386=2",
        ),
        ("unequal ones do not", rows, "lib lib:i386=1", "none"),
        (
            "nor where a dependency asks for the older one",
            rows,
            "lib old",
            "none",
        ),
        (
            "the older one alone is fine",
            rows,
            "old",
            "lib:i386=1 old=1",
        ),
        (
            "without Multi-Arch there is one architecture at a time",
            rows,
            "solo solo:i386",
            "none",
        ),
        ("both have to say so", rows, "half half:i386", "none"),
        (
            "1 and 1-0 are one version to dpkg",
            rows,
            "spelt spelt:i386",
            "spelt=1 spelt:i386=1-0",
        ),
        (
            "`all` and the native architecture are one package",
            rows,
            "every",
            "every=1",
        ),
    ]);
}

#[test]
fn all_and_native_are_one_package_even_when_both_are_same() {
    let rows = "a 1 depends=every(=1)\nb 1 depends=every(=2)
        every 1 ma=same arch=all\nevery 2 ma=same";
    assert_eq!(World::new(rows).answer("a b"), "none");
    assert_eq!(World::new(rows).answer("b"), "b=1 every=2");
}

#[test]
fn foreign() {
    ask_all(&[
        (
            "a foreign package serves another architecture",
            "w 1 arch=i386 depends=tool\ntool 1 ma=foreign",
            "w:i386",
            "tool=1 w:i386=1",
        ),
        (
            "without it, the architecture must be the depender's",
            "w 1 arch=i386 depends=tool\ntool 1",
            "w:i386",
            "none",
        ),
        (
            "the native one comes first, also for a foreign package",
            "w 1 arch=i386 depends=tool\ntool 1 ma=foreign\ntool 1 ma=foreign arch=i386",
            "w:i386",
            "tool=1 w:i386=1",
        ),
        (
            "a provider serves by its own Multi-Arch",
            "w 1 arch=i386 depends=v\ntool 1 ma=foreign provides=v",
            "w:i386",
            "tool=1 w:i386=1",
        ),
        (
            "`foreign` does not answer `:any`",
            "w 1 depends=tool:any\ntool 1 ma=foreign arch=i386",
            "w",
            "none",
        ),
    ]);
}

#[test]
fn fail2ban_with_its_dependency_on_python3_any() {
    let rows = "fail2ban 1.0.2-2 arch=all depends=python3:any,lsb-base
        python3 3.11.2-1+b1 ma=allowed depends=python3.11(>=3.11.2-1~) predepends=python3-minimal
        python3-minimal 3.11.2-1+b1 ma=allowed
        python3.11 3.11.2-6 ma=allowed
        lsb-base 11.6 arch=all ma=foreign
        python3 3.11.2-1+b1 ma=allowed arch=i386
        python3.11 3.11.2-6 ma=allowed arch=i386";
    let answer = "fail2ban=1.0.2-2 lsb-base=11.6 python3=3.11.2-1+b1 \
                  python3-minimal=3.11.2-1+b1 python3.11=3.11.2-6";
    ask_all(&[(
        "the case that broke the old tools",
        rows,
        "fail2ban",
        answer,
    )]);
}

#[test]
fn allowed_and_qualifiers() {
    ask_all(&[
        (
            "`allowed` answers `:any` across architectures",
            "w 1 depends=p:any\np 1 ma=allowed arch=i386",
            "w",
            "p:i386=1 w=1",
        ),
        (
            "and without `:any` only its own",
            "w 1 depends=p\np 1 ma=allowed arch=i386",
            "w",
            "none",
        ),
        (
            "`:any` needs `allowed`, even of the same architecture",
            "w 1 depends=p:any\np 1",
            "w",
            "none",
        ),
        (
            "`:any` bears a version",
            "w 1 depends=p:any(>=2)\np 1 ma=allowed",
            "w",
            "none",
        ),
        (
            "`:any` is served by a provider that is `allowed`",
            "w 1 depends=v:any\np 1 ma=allowed provides=v",
            "w",
            "p=1 w=1",
        ),
        (
            "foo:i386 in an amd64 package is not foo",
            "w 1 depends=foo:i386\nfoo 1",
            "w",
            "none",
        ),
        (
            "it is the package of that architecture",
            "w 1 depends=foo:i386\nfoo 1\nfoo 1 arch=i386",
            "w",
            "foo:i386=1 w=1",
        ),
        (
            "even where foo is `foreign`",
            "w 1 depends=foo:i386\nfoo 1 ma=foreign",
            "w",
            "none",
        ),
        (
            "`:native` in a foreign package is the native one",
            "w 1 arch=i386 depends=foo:native\nfoo 1\nfoo 1 arch=i386",
            "w:i386",
            "foo=1 w:i386=1",
        ),
        (
            "an i386 package's plain dependency is i386",
            "w 1 arch=i386 depends=foo\nfoo 1\nfoo 1 arch=i386",
            "w:i386",
            "foo:i386=1 w:i386=1",
        ),
        (
            "arch:all counts as native",
            "w 1 arch=all depends=foo\nfoo 1 arch=i386\nx 1 arch=i386 depends=w",
            "w",
            "none",
        ),
        (
            "and serves no foreign package of itself",
            "x 1 arch=i386 depends=d\nd 1 arch=all",
            "x:i386",
            "none",
        ),
        (
            "a plain conflict hits every architecture",
            "w 1 conflicts=foo\nfoo 1 arch=i386",
            "w foo:i386",
            "none",
        ),
        (
            "a conflict with foo:i386 leaves foo alone",
            "w 1 conflicts=foo:i386\nfoo 1 ma=same\nfoo 1 ma=same arch=i386",
            "w foo",
            "foo=1 w=1",
        ),
        (
            "a conflict with foo:native leaves foo:i386 alone",
            "w 1 conflicts=foo:native\nfoo 1 arch=i386",
            "w foo:i386",
            "foo:i386=1 w=1",
        ),
        (
            "a Multi-Arch: same package does not conflict with its own other architecture",
            "a 1 ma=same conflicts=a\na 1 ma=same conflicts=a arch=i386",
            "a a:i386",
            "a=1 a:i386=1",
        ),
    ]);
}
