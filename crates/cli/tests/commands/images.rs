//! `formwork images` and `formwork show image`.

use formwork_testkit::archive::Suite;
use formwork_testkit::package::Package;
use formwork_testkit::project::Project;

use super::support::{PROGRAM, compare};

/// A project with one image with options, and a base.
fn project() -> Project {
    let suite = Suite::new("bookworm")
        .package(Package::new("hello", "1.0", "amd64"))
        .package(Package::new("gdb", "13", "amd64"));
    let project = Project::new(PROGRAM, &suite, "\"hello\"");
    project.home.write(
        "images/base.toml",
        "abstract = true\nvariant = \"essential\"\n[sysctl]\nkernel.panic = 10\n",
    );
    project.home.write(
        "images/gateway.toml",
        "extends = \"base\"\ndescription = \"the product\"\npackages = [\"hello\"]\n\n\
         [options.debug]\npackages = [\"gdb\"]\nsysctl.\"kernel.panic\" = 0\n\
         files.\"/etc/motd\".content = \"\"\"two\nlines\n\"\"\"\n\n\
         [options.brand]\nrequires = [\"debug\"]\nsystem.hostname = \"brand\"\n\n\
         [options.next]\narchitectures = [\"arm64\"]\n",
    );
    project
}

/// Runs the program and compares all that is seen with the snapshot of this name.
fn shows(project: &Project, name: &str, arguments: &[&str]) {
    let run = project.run(arguments);
    let text = format!(
        "$ formwork {}\n(exit {})\n--- results\n{}--- messages\n{}",
        arguments.join(" "),
        run.status,
        run.stdout,
        run.stderr
    );
    compare(name, &text);
}

#[test]
fn what_may_be_built_is_a_table() {
    let project = project();
    shows(&project, "images", &["images"]);
    project.run(&["lock"]).exits(0);
    shows(
        &project,
        "images-markdown",
        &["images", "--format", "markdown"],
    );
    shows(&project, "images-json", &["images", "--json"]);
}

#[test]
fn an_image_is_shown_with_the_place_of_each_value() {
    let project = project();
    shows(&project, "show-image", &["show", "image", "gateway"]);
    shows(
        &project,
        "show-image-with",
        &[
            "show", "image", "gateway", "--with", "brand", "--arch", "amd64",
        ],
    );
    shows(
        &project,
        "show-image-json",
        &["show", "image", "gateway", "--with", "debug", "--json"],
    );
}

#[test]
fn what_cannot_be_composed_is_said_with_a_way_out() {
    let project = project();
    shows(&project, "show-image-unknown", &["show", "image", "gatway"]);
    let option = ["show", "image", "gateway", "--with", "debugg"];
    shows(&project, "show-image-option", &option);
    let off = [
        "show", "image", "gateway", "--with", "next", "--arch", "amd64",
    ];
    shows(&project, "show-image-off", &off);
    project.home.write(
        "images/gateway.toml",
        "extends = \"base\"\n[sysctl]\nkernel.panicc = false\n",
    );
    shows(&project, "show-image-file", &["show", "image", "gateway"]);
    project
        .home
        .write("images/gateway.toml", "extends = \"gateway2\"\n");
    shows(
        &project,
        "show-image-extends",
        &["show", "image", "gateway"],
    );
}
