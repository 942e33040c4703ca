//! Without a project: what this machine's own apt and system say.

use super::support::{PROGRAM, World};

/// Writes a file below the directory that stands for `/`.
fn write_root(world: &World, path: &str, text: &str) {
    world.home.write(&format!("../root/{path}"), text);
}

#[test]
fn the_machines_mirror_and_suite_are_the_default() {
    let world = World::own();
    // The last part of the address says that this is a mirror of Debian.
    let debian = world.archive.root().with_file_name("debian");
    std::fs::rename(world.archive.root(), &debian).expect("an archive that moves");
    write_root(
        &world,
        "etc/os-release",
        "ID=debian\nVERSION_CODENAME=bookworm\n",
    );
    write_root(
        &world,
        "etc/apt/sources.list.d/debian.sources",
        &format!(
            "Types: deb\nURIs: file://{}\nSuites: bookworm\nComponents: main\n",
            debian.display()
        ),
    );
    let keyring = world.archive.keyring().display().to_string();
    let run = world
        .home
        .run(PROGRAM, &["closure", "nginx", "--keyring", &keyring])
        .exits(0);
    assert!(run.stdout.contains("nginx  1.22.1  wish"), "{}", run.stdout);
    // The toy archive is not signed by Debian.
    let run = world
        .home
        .run(PROGRAM, &["closure", "nginx", "--refresh"])
        .exits(3);
    assert!(
        run.stderr
            .contains("bookworm of repository `debian` is not believed"),
        "{}",
        run.stderr
    );
}

#[test]
fn without_any_mirror_the_error_teaches() {
    let world = World::new();
    let run = world
        .home
        .run(PROGRAM, &["closure", "nginx", "--suite", "bookworm"])
        .exits(2);
    assert!(run.stderr.contains("--mirror URL"), "{}", run.stderr);
    let run = world.home.run(PROGRAM, &["closure", "nginx"]).exits(2);
    assert!(run.stderr.contains("--suite"), "{}", run.stderr);
    let run = world
        .home
        .run(
            PROGRAM,
            &[
                "closure",
                "nginx",
                "--suite",
                "bookworm",
                "--mirror",
                "gopher://x",
            ],
        )
        .exits(2);
    assert!(run.stderr.contains("gopher"), "{}", run.stderr);
}

#[test]
fn the_environment_may_name_the_mirror() {
    let mut world = World::new();
    world.home.set("FORMWORK_MIRROR", &world.archive.url());
    let keyring = world.archive.keyring().display().to_string();
    world
        .home
        .run(
            PROGRAM,
            &["closure", "nginx", "-s", "bookworm", "--keyring", &keyring],
        )
        .exits(0);
}

#[test]
fn offline_answers_from_the_cache_alone() {
    let world = World::new();
    let server = formwork_testkit::server::Server::new(world.archive.root());
    let keyring = world.archive.keyring().display().to_string();
    let url = server.url();
    let ask = |more: &[&str]| {
        let start = [
            "closure",
            "nginx",
            "-s",
            "bookworm",
            "--keyring",
            &keyring,
            "--mirror",
            &url,
        ];
        world.home.run(PROGRAM, &[&start[..], more].concat())
    };
    let run = ask(&["--offline"]).exits(3);
    assert!(run.stderr.contains("offline"), "{}", run.stderr);
    assert_eq!(server.log(), []);
    let first = ask(&[]).exits(0);
    server.clear_log();
    assert_eq!(ask(&["--offline"]).exits(0).stdout, first.stdout);
    assert_eq!(ask(&[]).exits(0).stdout, first.stdout);
    assert_eq!(server.log(), []);
    ask(&["--refresh"]).exits(0);
    assert_ne!(server.log(), []);
}
