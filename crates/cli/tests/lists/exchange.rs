//! Lists that leave and come back: export, import, merge, diff.

use crate::World;

#[test]
fn an_exported_list_comes_back_as_a_proposal_with_the_same_list() {
    let world = World::new();
    let _ = world.run(&["propose", "export", "packet"]).exits(0);
    for file in [
        "packet/proposal_core_rev01.yml",
        "packet/Requirements_for_proposal_core_rev01.xlsx",
        "packet/Requirements_for_proposal_core_rev01.csv",
        "packet/2_src-bin_sort_core.txt",
        "packet/2_src-bin_sort_all.txt",
        "packet/mail.txt",
        "packet/index.html",
    ] {
        assert!(world.exists(file), "{file}");
    }
    let import = world
        .run(&[
            "propose",
            "import",
            "packet/proposal_core_rev01.yml",
            "--slug",
            "again",
        ])
        .exits(0)
        .stdout;
    assert!(
        import.contains("Written: proposals/0003-again.toml (draft, revision 1)"),
        "{import}"
    );
    let list = |id: &str| {
        let flat = ["propose", "flat", id, "--format", "pkglist"];
        world.run(&flat).exits(0).stdout
    };
    assert_eq!(list("2"), list("3"));
    let diff = [
        "propose",
        "diff",
        "packet/proposal_core_rev01.yml",
        "--of",
        "3",
    ];
    let diff = world.run(&diff).exits(0).stdout;
    assert!(diff.contains("no package differs"), "{diff}");
}

#[test]
fn a_pkglist_comes_back_as_a_proposal_of_all_its_sources() {
    let world = World::new();
    world
        .home
        .write("gateway.pkglist", "acl,acl,1.0-1\nglibc,libc6,1.0-1\n");
    let import = [
        "propose",
        "import",
        "gateway.pkglist",
        "--proposer",
        "core",
        "--suite",
        "bookworm",
    ];
    let _ = world.run(&import).exits(0);
    let flat = ["propose", "flat", "3", "--format", "pkglist"];
    let flat = world.run(&flat).exits(0).stdout;
    assert_eq!(flat, world.home.read("gateway.pkglist"));
}

#[test]
fn the_lists_of_many_machines_become_one() {
    let world = World::new();
    world
        .home
        .write("a.pkglist", "glibc,libc6,2.36-9\nacl,acl,2.3\n");
    world.home.write(
        "b.pkglist",
        "# of machine b\nglibc,libc6,2.36-9\nglibc,libc6,2.36-8\n",
    );
    let merged = world
        .run(&["approved", "merge", "a.pkglist", "b.pkglist"])
        .exits(0);
    assert_eq!(
        merged.stdout,
        "acl,acl,2.3\nglibc,libc6,2.36-8\nglibc,libc6,2.36-9\n"
    );
    world.home.write("bad.pkglist", "a,a,1\na,b\n");
    let refused = world
        .run(&["approved", "merge", "a.pkglist", "bad.pkglist"])
        .exits(2);
    assert!(
        refused.stderr.contains("bad.pkglist:2:1"),
        "{}",
        refused.stderr
    );
}

#[test]
fn a_revision_is_compared_with_the_one_before() {
    let world = World::new();
    let file = "proposals/0002-access.toml";
    let text = world
        .home
        .read(file)
        .replace("revision = 1", "revision = 2");
    world.home.write(
        file,
        &format!("{text}\n[[package]]\nsource = \"openssl\"\nbinaries = [\"openssl\"]\nreason = \"TLS\"\n"),
    );
    let diff = world.run(&["propose", "diff"]).exits(0).stdout;
    for part in [
        "proposals/0002-access.toml revision 1 → proposals/0002-access.toml revision 2\n  openssl: new, proposed\n",
        "bookworm: 2 binary packages added, 0 removed, 0 changed; 1 source package added, 0 removed\n",
        "  added  libssl3  1.0-1  of openssl\n",
        "cost: 2 new sources",
    ] {
        assert!(diff.contains(part), "{part}\nin\n{diff}");
    }
    let _ = world.run(&["propose", "export", "packet"]).exits(0);
    let mail = world.home.read("packet/mail.txt");
    assert!(mail.contains("What changed since rev01\n  openssl: new, proposed\n  2 binary packages added: libssl3 openssl\n"), "{mail}");
    let gone = world.run(&["propose", "diff", "7"]).exits(2).stderr;
    assert!(
        gone.contains("git has no commit with proposals/0002-access.toml revision 7"),
        "{gone}"
    );
}

#[test]
fn a_wrong_package_is_told_at_its_line() {
    let world = World::new();
    let file = "proposals/0002-access.toml";
    let good = world.home.read(file);
    let cases = [
        (
            "binaries = [\"acl\"]",
            "binaries = [\"alc\"]",
            "no package 'alc' in bookworm main amd64",
        ),
        (
            "source = \"acl\"",
            "source = \"attr\"",
            "'acl' is built from the source acl in bookworm main amd64, not from attr",
        ),
        (
            "reason =",
            "providers = { \"mail\" = \"acl\" }\nreason =",
            "'acl' does not provide 'mail' in bookworm main amd64",
        ),
    ];
    for (from, to, message) in cases {
        world.home.write(file, &good.replace(from, to));
        let run = world.run(&["propose", "flat", "2"]).exits(2);
        assert!(run.stderr.contains(message), "{to}: {}", run.stderr);
        assert!(
            run.stderr.contains("0002-access.toml:1"),
            "{to}: {}",
            run.stderr
        );
    }
}
