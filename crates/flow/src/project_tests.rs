use super::*;
use formwork_deb::time::Timestamp;

fn settings(directory: &Path, named: bool) -> Settings {
    Settings {
        directory: directory.to_owned(),
        project_named: named,
        mirror: None,
        offline: true,
        refresh: false,
        allow_older: false,
        jobs: None,
        now: Timestamp(0),
        events: formwork_model::event::silent(),
    }
}

fn write(directory: &Path, file: &str, text: &[u8]) {
    let path = directory.join(file);
    std::fs::create_dir_all(path.parent().expect("parent")).expect("directory");
    std::fs::write(path, text).expect("write");
}

const PROJECT: &[u8] = b"[project]\nname = \"x\"\nsuites = [\"bookworm\"]\narchitectures = [\"amd64\"]\n[repositories.debian]\nsuite = \"bookworm\"\n";

#[test]
fn a_project_is_found_from_below_and_its_images_are_sorted() {
    let home = tempfile::tempdir().expect("directory");
    write(home.path(), FILE_NAME, PROJECT);
    write(home.path(), "images/b.toml", b"");
    write(home.path(), "images/a.toml", b"packages = [\"mc\"]");
    write(home.path(), "images/.hidden.toml", b"=");
    write(home.path(), "images/README", b"not an image");
    let deep = home.path().join("images/x/y");
    std::fs::create_dir_all(&deep).expect("directory");
    let found = find(&settings(&deep, false))
        .expect("loads")
        .expect("found");
    assert_eq!(found.directory, home.path());
    let names: Vec<&str> = found.project.images.keys().map(String::as_str).collect();
    assert_eq!(names, ["a", "b"]);
    assert_eq!(found.lock().expect("no lock is no fault"), None);
}

#[test]
fn no_project_is_no_fault_unless_it_was_named() {
    let home = tempfile::tempdir().expect("directory");
    assert_eq!(find(&settings(home.path(), false)).expect("fine"), None);
    let error = find(&settings(home.path(), true)).expect_err("named");
    assert!(
        matches!(error, Error::Project(ProjectError::NotOne(_))),
        "{error}"
    );
}

#[test]
fn faults_of_files_keep_their_place() {
    let table: [(&str, &[u8], &str); 4] = [
        (
            "images/a.toml",
            b"pakages = []",
            "images/a.toml:1:1: unknown key `pakages`",
        ),
        (
            "images/A.toml",
            b"",
            "images/A.toml:1:1: `A` cannot be the name of an image",
        ),
        (
            "images/a.toml",
            b"# \xff\n",
            "images/a.toml:1:3: the file is not UTF-8 from here on",
        ),
        (
            "formwork.lock",
            b"format = 9\n",
            "formwork.lock:1:10: this lock has format 9",
        ),
    ];
    for (file, text, expected) in table {
        let home = tempfile::tempdir().expect("directory");
        write(home.path(), FILE_NAME, PROJECT);
        write(home.path(), file, text);
        let result = load(home.path()).and_then(|loaded| loaded.lock());
        let error = result.expect_err(expected).to_string();
        assert!(error.starts_with(expected), "{error}");
    }
}

#[test]
fn the_example_in_the_tree_is_a_good_project() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/minimal");
    let loaded = load(&directory).expect("the example");
    assert!(!loaded.project.plans().is_empty());
}
