//! The commands of a project: `init`, `lock`, `update`, `fetch`, and questions asked in one.

use formwork_testkit::archive::Suite;
use formwork_testkit::env::Home;
use formwork_testkit::package::Package;
use formwork_testkit::project::Project;

use super::support::{PROGRAM, compare};

fn suite(version: &str) -> Suite {
    let hello = Package::new("hello", version, "amd64").field("Depends", "libhello1");
    Suite::new("bookworm")
        .field("Version", "12.14")
        .package(hello)
        .package(Package::new("libhello1", version, "amd64").field("Source", "hello"))
        .package(Package::new("base-files", "12", "amd64").field("Essential", "yes"))
}

fn project() -> Project {
    Project::new(PROGRAM, &suite("1.0"), "\"hello\"")
}

#[test]
fn init_begins_a_project_once() {
    let home = Home::new();
    let run = home
        .run(
            PROGRAM,
            &["init", "gateway", "--suite", "trixie", "--arch", "arm64"],
        )
        .exits(0);
    let expected = "Written: gateway/formwork.toml\nWritten: gateway/images/minimal.toml\nWritten: gateway/.gitignore\n";
    assert_eq!(run.stdout, expected);
    assert!(home.read("gateway/formwork.toml").contains("trixie"));
    let run = home
        .run(PROGRAM, &["init", "gateway", "--suite", "trixie"])
        .exits(2);
    assert!(
        run.stderr
            .contains("gateway/formwork.toml is there already"),
        "{}",
        run.stderr
    );
    let arguments = ["init", "device", "--suite", "trixie", "--extends", "tiny"];
    let run = home.run(PROGRAM, &arguments).exits(0);
    assert!(run.stdout.contains("Written: device/images/tiny.toml\n"));
    assert!(
        run.stderr.starts_with("Next: formwork build "),
        "{}",
        run.stderr
    );
    let arguments = [
        "--project",
        "device",
        "show",
        "image",
        "tiny",
        "--arch",
        "amd64",
    ];
    let run = home.run(PROGRAM, &arguments).exits(0);
    for words in ["busybox-static", "profile:tiny:"] {
        assert!(run.stdout.contains(words), "{words}\n{}", run.stdout);
    }
    let run = home
        .run(PROGRAM, &["init", "other", "--suite", "../x"])
        .exits(2);
    assert!(
        run.stderr.starts_with("error: --suite ../x: "),
        "{}",
        run.stderr
    );
}

#[test]
fn a_project_is_locked_checked_updated_and_fetched() {
    let project = project();
    let run = project.run(&["lock", "--check"]).exits(1);
    assert!(
        run.stdout.starts_with("No: formwork.lock is stale\n"),
        "{}",
        run.stdout
    );
    let run = project.run(&["lock"]).exits(0);
    assert!(
        run.stdout
            .ends_with("Written: formwork.lock (3 packages in 1 closure)\n"),
        "{}",
        run.stdout
    );
    let run = project.run(&["lock"]).exits(0);
    assert_eq!(
        run.stdout,
        "formwork.lock is current (3 packages in 1 closure)\n"
    );
    project.run(&["lock", "--check"]).exits(0);

    project
        .archive
        .write(&suite("1.1").date("2026-11-20").field("Version", "12.15"));
    let run = project.run(&["update"]).exits(0);
    assert!(
        run.stdout.contains("12.14 → 12.15 (bookworm)"),
        "{}",
        run.stdout
    );
    assert!(
        run.stdout
            .contains("  upgraded  hello  1.0 → 1.1  2 binaries  minimal"),
        "{}",
        run.stdout
    );
    assert!(
        run.stdout.contains("1 source changed, 0 added, 0 removed"),
        "{}",
        run.stdout
    );
    let run = project.run(&["update", "helo"]).exits(2);
    assert!(
        run.stderr.contains("did you mean: hello?"),
        "{}",
        run.stderr
    );

    let run = project.run(&["fetch"]).exits(0);
    assert!(run.stdout.starts_with("3 packages, "), "{}", run.stdout);
    let run = project.run(&["fetch", "--json"]).exits(0);
    assert!(
        run.stdout
            .starts_with("{\n  \"format\": 1,\n  \"inputs\": ["),
        "{}",
        run.stdout
    );
}

#[test]
fn an_image_that_cannot_be_made_writes_no_lock() {
    let project = project();
    project
        .archive
        .write(&suite("1.0").package(Package::new("bad", "1", "amd64").field("Depends", "gone")));
    project.write_image("\"bad\"");
    let run = project.run(&["lock"]).exits(1);
    assert!(
        run.stdout.starts_with("No: bad cannot be installed."),
        "{}",
        run.stdout
    );
    assert!(
        run.stderr.contains("minimal bookworm amd64"),
        "{}",
        run.stderr
    );
    assert!(!project.has_lock());
}

#[test]
fn questions_in_a_project_are_asked_of_its_repositories() {
    let project = project();
    project.run(&["closure", "hello"]).exits(0);
    let run = project.run(&["why", "libhello1"]).exits(0);
    assert!(
        run.stdout.starts_with("hello → libhello1\n"),
        "{}",
        run.stdout
    );
    let run = project.run(&["why", "base-files"]).exits(0);
    assert!(
        run.stdout.starts_with("base-files (variant essential)\n"),
        "{}",
        run.stdout
    );
    let run = project
        .run(&["closure", "hello", "--suite", "bookworm", "--json"])
        .exits(0);
    assert!(
        run.stdout.contains("\"architecture\": \"amd64\""),
        "{}",
        run.stdout
    );
    let run = project
        .run(&["closure", "hello", "--suite", "bokworm"])
        .exits(2);
    assert!(
        run.stderr.contains("bokworm") && run.stderr.contains("bookworm"),
        "{}",
        run.stderr
    );
}

#[test]
fn a_directory_that_is_no_project_is_wrong_input() {
    let home = Home::new();
    let run = home.run(PROGRAM, &["lock"]).exits(2);
    assert!(run.stderr.contains("formwork init"), "{}", run.stderr);
    let run = home
        .run(PROGRAM, &["closure", "x", "--project", "nowhere"])
        .exits(2);
    assert!(
        run.stderr.contains("nowhere is not a project"),
        "{}",
        run.stderr
    );
}

#[test]
fn a_fault_in_a_file_is_shown_with_its_line() {
    let project = project();
    project
        .home
        .write("images/minimal.toml", "# an image\npakages = [\"hello\"]\n");
    let run = project.run(&["lock"]).exits(2);
    let expected = "\
error: unknown key `pakages`
 ┌ images/minimal.toml:2:1
2│ pakages = [\"hello\"]
 │ ^^^^^^^ did you mean `packages`?
";
    assert!(run.stderr.starts_with(expected), "{}", run.stderr);
}

#[test]
fn cleaning_the_cache_leaves_what_the_lock_names() {
    let project = project();
    project.run(&["lock"]).exits(0);
    project.run(&["fetch"]).exits(0);
    let run = project.run(&["cache", "clean"]).exits(0);
    let line = run.stdout.trim_end();
    assert!(line.starts_with("Removed "), "{line}");
    assert!(
        line.ends_with("; kept 3 packages of formwork.lock"),
        "{line}"
    );
    project.run(&["fetch", "--offline"]).exits(0);
    let run = project.run(&["cache", "clean", "--all"]).exits(0);
    assert!(!run.stdout.contains("kept"), "{}", run.stdout);
    project.run(&["fetch", "--offline"]).exits(3);
}

#[test]
fn why_explains_a_package_beside_the_image() {
    let stub = Package::new("systemd-boot-efi", "252", "amd64").field("Depends", "nowhere");
    let project = Project::new(PROGRAM, &suite("1.0").package(stub), "\"hello\"");
    let image = "packages = [\"hello\"]\nvariant = \"essential\"\nforms = [\"disk\"]\n[disk]\ngrow = false\n";
    project.home.write("images/minimal.toml", image);
    project.run(&["lock"]).exits(0);
    let run = project.run(&["why", "systemd-boot-efi"]).exits(0);
    compare("why-beside", &run.stdout);
    let run = project.run(&["why", "systemd-boot-efi", "--json"]).exits(0);
    let document: serde_json::Value = serde_json::from_str(&run.stdout).expect("JSON");
    assert!(
        document
            .to_string()
            .contains("\"purpose\":\"the loader uki\""),
        "{document}"
    );
}
