//! What a build is asked for, and what is wrong with the question.

use super::support::plain;

/// Runs `build` and compares its code and the beginning of what it says.
#[track_caller]
fn says(arguments: &[&str], status: i32, words: &[&str]) {
    let project = plain();
    project.run(&["lock"]).exits(0);
    project.home.write(
        "images/other.toml",
        "packages = [\"hello\"]\nvariant = \"essential\"\n",
    );
    let all = [&["build"], arguments].concat();
    let run = project.run(&all).exits(status);
    for word in words {
        assert!(run.stderr.contains(word), "{word}\n{}", run.stderr);
    }
    assert_eq!(run.stdout, "");
    assert!(
        !project.home.work().join("build").exists(),
        "nothing is begun"
    );
}

#[test]
fn names_that_the_project_does_not_have() {
    let table: [(&[&str], i32, &[&str]); 8] = [
        (
            &["minimla"],
            2,
            &[
                "error: the project has no image 'minimla'",
                "there is: minimal",
            ],
        ),
        (
            &[],
            2,
            &[
                "error: the project has several images",
                "name one of them: minimal, other",
            ],
        ),
        (
            &["minimal", "--suite", "trixie"],
            2,
            &[
                "error: the image minimal has no suite 'trixie'",
                "there is: bookworm",
            ],
        ),
        (
            &["minimal", "--arch", "amd46"],
            2,
            &[
                "error: the image minimal has no architecture 'amd46'",
                "there is: amd64",
            ],
        ),
        (
            &["minimal", "--kind", "tra"],
            2,
            &[
                "invalid value 'tra' for '--kind <KIND>'",
                "possible values: disk, tar, dir, ext4",
            ],
        ),
        (&["minimal", "--with", "debug"], 2, &["debug"]),
        (
            &["minimal", "--variant", "minbase"],
            2,
            &["cannot be used with"],
        ),
        (
            &["minimal", "--suite", "bookworm", "--suite", "trixie"],
            2,
            &["one suite at a time", "run the command once for each"],
        ),
    ];
    for (arguments, status, words) in table {
        says(arguments, status, words);
    }
}

#[test]
fn outputs_that_cannot_be_meant() {
    says(
        &["minimal", "--kind", "tar", "--kind", "dir", "-o", "x"],
        2,
        &["--output x: it names one output, but several kinds are asked for"],
    );
    says(
        &["minimal", "--kind", "dir", "-o", "images"],
        2,
        &["--output images: a directory that is not empty is there already"],
    );
    says(
        &["--include", "hello", "--suite", "bookworm"],
        2,
        &["there is no image, so the output needs a name"],
    );
}

#[test]
fn a_stale_lock_is_left_alone() {
    let project = plain();
    project.run(&["lock"]).exits(0);
    let before = project.lock();
    project.write_image("\"hello\", \"base-files\"");
    let run = project.run(&["build", "minimal"]).exits(1);
    assert!(
        run.stdout
            .starts_with("No: formwork.lock is stale\n  minimal bookworm amd64: "),
        "{}",
        run.stdout
    );
    assert!(run.stderr.contains("Next: formwork lock"), "{}", run.stderr);
    assert_eq!(project.lock(), before);
    let run = project.run(&["build", "minimal", "--json"]).exits(1);
    assert!(run.stdout.contains("\"current\": false"), "{}", run.stdout);
}

#[test]
fn packages_that_cannot_be_had_are_all_named() {
    let project = plain();
    project.run(&["lock"]).exits(0);
    let run = project.run(&["build", "minimal", "--offline"]).exits(3);
    for word in ["base-files 12", "hello 1.0", "without --offline"] {
        assert!(run.stderr.contains(word), "{word}\n{}", run.stderr);
    }
}

#[test]
fn options_that_contradict_or_are_off() {
    let project = plain();
    project.write_repository("serves = [\"bookworm\", \"trixie\"]");
    project.home.write(
        "images/minimal.toml",
        "packages = [\"hello\"]\nvariant = \"essential\"\n\
         [options.debug]\npackages = [\"hello\"]\nexcludes = [\"small\"]\n\
         [options.small]\npackages = []\n\
         [options.new]\npackages = []\nsuites = [\"trixie\"]\n",
    );
    let table = [
        (
            "debug,small",
            "the options `debug` and `small` exclude each other",
        ),
        ("new", "the option `new` is off for bookworm"),
        ("debgu", "the image `minimal` has no option `debgu`"),
    ];
    for (options, words) in table {
        let run = project
            .run(&["build", "minimal", "--with", options])
            .exits(2);
        assert!(run.stderr.contains(words), "{words}\n{}", run.stderr);
        assert!(
            run.stderr.contains("images/minimal.toml") || options == "debgu",
            "{}",
            run.stderr
        );
    }
    let run = project.run(&["build", "--with", "debgu"]).exits(2);
    assert!(run.stderr.contains("debug"), "{}", run.stderr);
}
