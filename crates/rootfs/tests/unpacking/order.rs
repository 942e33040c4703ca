//! What runs when: waves, preinsts, and what must be configured before them.

use formwork_rootfs::error::Blame;
use formwork_rootfs::program::Ended;

use super::world::{Before, Deb, World, deb, directory};

fn package(name: &str) -> Deb {
    deb(name, &[directory("./", 0o755)])
}

fn with_preinst(name: &str) -> Deb {
    package(name).control("preinst", "#!/bin/sh\n")
}

/// What is run for these packages, besides the essential `base`.
fn seen(debs: &[Deb]) -> Option<Vec<String>> {
    let world = World::new()?;
    let job = world.job(debs);
    let (made, seen) = world.watched(&job, &Before::default());
    made.unwrap();
    Some(seen)
}

const PREINST: &str = "/var/lib/dpkg/tmp.ci/preinst install of";

#[test]
fn one_run_of_dpkg_for_each_wave() {
    let Some(seen) = seen(&[with_preinst("a"), package("b").field("Depends", "a")]) else {
        return;
    };
    assert_eq!(
        seen,
        ["configure -a", &format!("{PREINST} a"), "configure -a"]
    );
}

#[test]
fn what_essential_packages_need_is_in_the_first_wave() {
    let essential = with_preinst("z").field("Essential", "yes");
    let needed = with_preinst("lib").field("Provides", "virtual");
    let Some(seen) = seen(&[essential.field("Depends", "none | virtual"), needed]) else {
        return;
    };
    let (lib, z) = (format!("{PREINST} lib"), format!("{PREINST} z"));
    assert_eq!(seen, [lib.as_str(), &z, "configure -a"]);
}

#[test]
fn a_preinst_waits_for_its_pre_depends_with_all_they_need() {
    let tool = with_preinst("a-tool").field("Pre-Depends", "m-lib (>= 1)");
    let library = with_preinst("m-lib").field("Depends", "x-data, base");
    let Some(seen) = seen(&[tool, library, package("x-data"), package("other")]) else {
        return;
    };
    let (tool, library) = (format!("{PREINST} a-tool"), format!("{PREINST} m-lib"));
    let expected = [
        "configure -a",
        &library,
        "configure m-lib x-data",
        &tool,
        "configure -a",
    ];
    assert_eq!(seen, expected);
}

#[test]
fn circles_come_to_an_end() {
    let a = with_preinst("a").field("Pre-Depends", "b");
    let b = with_preinst("b").field("Pre-Depends", "a");
    let Some(seen) = seen(&[a, b]) else {
        return;
    };
    assert_eq!(
        seen.iter().filter(|one| one.starts_with(PREINST)).count(),
        2
    );
    assert_eq!(seen.last().unwrap(), "configure -a");
}

#[test]
fn a_preinst_that_fails_is_told() {
    let Some(world) = World::new() else {
        return;
    };
    let job = world.job(&[with_preinst("bad"), package("good")]);
    let exit = Ended {
        code: 9,
        ..Ended::default()
    };
    let stopped = Ended {
        code: 1,
        stopped: Some("stopped after 10 s".to_owned()),
        tail: Vec::new(),
    };
    for (preinst, how) in [(exit, "exit status 9"), (stopped, "stopped after 10 s")] {
        let before = Before {
            preinst,
            ..Before::default()
        };
        let failure = world.ours(&job, &before).unwrap_err();
        assert_eq!(
            failure.message,
            format!("package bad 1.0: preinst failed: {how}")
        );
        assert_eq!(failure.output, ["said by the script"]);
        assert_eq!(failure.blame, Blame::Outside);
    }
}

#[test]
fn a_closure_without_anything_essential_is_refused() {
    let Some(world) = World::new() else {
        return;
    };
    let mut job = world.job(&[package("a")]);
    job.packages.retain(|one| one.name != "base");
    let failure = world.ours(&job, &Before::default()).unwrap_err();
    assert!(failure.message.contains("essential"), "{failure}");
}
