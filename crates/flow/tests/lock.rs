//! Locking, checking and updating a project against a small signed archive.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use formwork_deb::time::Timestamp;
use formwork_flow::context::{Context, Settings};
use formwork_flow::fetch::fetch;
use formwork_flow::lock::{Locked, check, lock};
use formwork_flow::project::ProjectError;
use formwork_flow::update::update;
use formwork_flow::{Error, project};
use formwork_model::documents::{LockWritten, Stale};
use formwork_model::event::{Event, silent};
use formwork_testkit::archive::{Archive, Suite};
use formwork_testkit::package::Package;
use tempfile::TempDir;

/// When all this happens.
const NOW: &str = "2026-11-22T10:00:00Z";
/// When the two states of the archive were made.
const MONDAY: &str = "2026-11-16T08:00:00Z";
const TUESDAY: &str = "2026-11-17T08:00:00Z";

/// A project and an archive of their own.
struct Bench {
    home: TempDir,
    archive: Archive,
}

impl Bench {
    /// An archive with these packages and a project with one image `gateway`.
    fn new(packages: Vec<Package>, wishes: &str) -> Bench {
        let bench = Bench {
            home: TempDir::new().expect("a home"),
            archive: Archive::new(),
        };
        bench.publish(MONDAY, packages);
        bench.configure("");
        bench.image("gateway", wishes);
        bench
    }

    /// Publishes a new state of the suite.
    fn publish(&self, date: &str, packages: Vec<Package>) {
        let suite = Suite::new("bookworm").date(date).field("Version", "12.14");
        self.archive
            .write(&suite.architectures(&["amd64", "arm64"]).packages(packages));
    }

    /// Writes `formwork.toml`, with further lines at its end.
    fn configure(&self, more: &str) {
        let text = format!(
            "[project]\nname = \"toy\"\nsuites = [\"bookworm\"]\narchitectures = [\"amd64\"]\n\
             [repositories.debian]\nurl = \"{}\"\narchive = \"debian\"\nsuite = \"bookworm\"\n\
             keyrings = [\"{}\"]\n{more}",
            self.archive.url(),
            self.archive.keyring().display()
        );
        self.write("formwork.toml", text.as_bytes());
    }

    /// Writes an image that begins with nothing but its wishes.
    fn image(&self, name: &str, wishes: &str) {
        let text = format!("packages = [{wishes}]\nvariant = \"essential\"\n");
        self.write(&format!("images/{name}.toml"), text.as_bytes());
    }

    fn write(&self, file: &str, content: &[u8]) {
        let path = self.project().join(file);
        std::fs::create_dir_all(path.parent().expect("a parent")).expect("a directory");
        std::fs::write(path, content).expect("a file");
    }

    fn project(&self) -> PathBuf {
        self.home.path().join("project")
    }

    fn context(&self) -> Context {
        Context {
            settings: Settings {
                directory: self.project(),
                project_named: false,
                mirror: None,
                offline: false,
                refresh: false,
                allow_older: false,
                jobs: None,
                now: Timestamp::parse_rfc3339(NOW).expect("a time"),
                events: silent(),
            },
            cache: self.home.path().join("cache"),
            state: self.home.path().join("state"),
            root: self.home.path().join("root"),
        }
    }

    /// Locks, which must go well.
    fn lock(&self) -> LockWritten {
        written(lock(&self.context()).expect("lock"))
    }

    /// Updates, which must go well.
    fn update(&self, names: &[&str]) -> LockWritten {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        written(update(&self.context(), &names).expect("update"))
    }

    /// The packages of the lock as `NAME VERSION`.
    fn locked(&self) -> Vec<String> {
        let loaded = project::load(&self.project()).expect("project");
        let lock = loaded.required_lock().expect("lock").lock;
        lock.packages
            .iter()
            .map(|package| format!("{} {}", package.name, package.version))
            .collect()
    }

    fn text(&self) -> String {
        std::fs::read_to_string(self.project().join("formwork.lock")).unwrap_or_default()
    }

    fn stale(&self) -> Vec<Stale> {
        let answer = check(&self.context()).expect("check");
        assert_eq!(answer.current, answer.stale.is_empty());
        answer.stale
    }

    /// Makes every path to the archive and the cache useless.
    fn cut_off(&self) {
        remove(self.archive.root());
        remove(&self.home.path().join("cache"));
    }
}

fn remove(directory: &Path) {
    std::fs::remove_dir_all(directory).expect("a directory to remove");
}

fn written(locked: Locked) -> LockWritten {
    match locked {
        Locked::Written(document) => *document,
        Locked::Impossible(impossible) => panic!("{impossible:?}"),
        Locked::Denied(findings) => panic!("{findings:?}"),
    }
}

fn package(name: &str, version: &str) -> Package {
    Package::new(name, version, "amd64")
}

/// `hello` needs `libfoo`; `other` stands alone.
fn hello(version: &str) -> Vec<Package> {
    vec![
        package("hello", version).field("Depends", "libfoo (>= 1)"),
        package("libfoo", version),
        package("other", version),
    ]
}

/// Two states of `hello` and `libfoo` side by side, as in an archive that keeps old versions.
fn both() -> Vec<Package> {
    [hello("1.0"), hello("2.0")].concat()
}

#[test]
fn a_lock_has_the_closure_and_the_same_bytes_on_every_machine() {
    let bench = Bench::new(hello("1.0"), "\"hello\"");
    let answer = bench.lock();
    assert!(answer.written);
    assert_eq!(bench.locked(), ["hello 1.0", "libfoo 1.0"]);
    assert_eq!(answer.inputs.len(), 1);
    assert_eq!(answer.inputs[0].date, "2026-11-16T08:00:00Z");
    let first = bench.text();
    for secret in [bench.archive.url(), bench.home.path().display().to_string()] {
        assert!(!first.contains(&secret), "the lock names {secret}");
    }
    std::fs::remove_file(bench.project().join("formwork.lock")).expect("a lock");
    remove(&bench.home.path().join("cache"));
    bench.lock();
    assert_eq!(bench.text(), first);
    let left: Vec<_> = std::fs::read_dir(bench.project())
        .expect("project")
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|name| name.starts_with('.'))
        .collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn a_lock_that_fits_needs_no_archive() {
    let bench = Bench::new(hello("1.0"), "\"hello\"");
    bench.lock();
    bench.cut_off();
    assert_eq!(bench.stale(), []);
    assert!(!bench.lock().written);
}

#[test]
fn check_says_what_is_stale() {
    let bench = Bench::new(hello("1.0"), "\"hello\"");
    let reasons = |bench: &Bench| -> Vec<String> {
        bench
            .stale()
            .into_iter()
            .map(|stale| {
                format!(
                    "{} {} {}: {}",
                    stale.image, stale.suite, stale.architecture, stale.reason
                )
            })
            .collect()
    };
    assert_eq!(reasons(&bench), ["  : there is no formwork.lock"]);
    bench.lock();
    bench.image("gateway", "\"hello\", \"other\"");
    bench.image("second", "");
    assert_eq!(
        reasons(&bench),
        [
            "gateway bookworm amd64: its packages or repositories have changed since it was locked",
            "second bookworm amd64: it is not in the lock",
        ]
    );
    bench.lock();
    assert_eq!(reasons(&bench), Vec::<String>::new());
    std::fs::remove_file(bench.project().join("images/second.toml")).expect("an image");
    assert_eq!(
        reasons(&bench),
        ["second bookworm amd64: the project no longer asks for it"]
    );
    bench.lock();
    let text = bench
        .text()
        .replace("[[package]]", "# a remark\n[[package]]");
    bench.write("formwork.lock", text.as_bytes());
    assert_eq!(
        reasons(&bench),
        ["  : formwork.lock is not as Formwork writes it"]
    );
}

#[test]
fn a_closure_that_nobody_resolved_is_stale_and_is_resolved_again() {
    let bench = Bench::new(hello("1.0"), "\"hello\"");
    bench.lock();
    let good = bench.text();
    let edited = good.replace("  \"libfoo:amd64=1.0\",\n", "");
    let cut = edited
        .find("[[package]]\nname = \"libfoo\"")
        .expect("libfoo");
    bench.write("formwork.lock", edited[..cut].trim_end().as_bytes());
    let stale = bench.stale();
    assert_eq!(stale.len(), 1);
    assert!(stale[0].reason.contains("changed by hand"), "{stale:?}");
    bench.lock();
    assert_eq!(bench.text(), good);
}

#[test]
fn lock_moves_no_more_than_it_must_and_update_moves_all() {
    let bench = Bench::new(hello("1.0"), "\"hello\"");
    bench.lock();
    bench.publish(TUESDAY, both());
    remove(&bench.home.path().join("cache"));
    bench.image("gateway", "\"hello\", \"other\"");
    let answer = bench.lock();
    assert_eq!(bench.locked(), ["hello 1.0", "libfoo 1.0", "other 2.0"]);
    let added: Vec<_> = answer
        .changes
        .added
        .iter()
        .map(|change| change.source.as_str())
        .collect();
    assert_eq!(added, ["other"]);
    assert_eq!(
        answer.changes.added[0].reason.as_deref(),
        Some("gateway: wish other")
    );
    let answer = bench.update(&[]);
    assert_eq!(bench.locked(), ["hello 2.0", "libfoo 2.0", "other 2.0"]);
    let upgraded: Vec<_> = answer
        .changes
        .upgraded
        .iter()
        .map(|change| change.source.as_str())
        .collect();
    assert_eq!(upgraded, ["hello", "libfoo"]);
    assert_eq!(answer.changes.upgraded[0].images, ["gateway"]);
}

#[test]
fn update_with_a_name_moves_that_source_alone() {
    let bench = Bench::new(hello("1.0"), "\"hello\", \"other\"");
    bench.lock();
    bench.publish(TUESDAY, both());
    bench.update(&["libfoo"]);
    assert_eq!(bench.locked(), ["hello 1.0", "libfoo 2.0", "other 1.0"]);
    let error = update(&bench.context(), &["libfo".to_owned()]).expect_err("no such package");
    let Error::Project(ProjectError::NotLocked { name, nearest }) = error else {
        panic!("{error}");
    };
    assert_eq!(
        (name.as_str(), nearest),
        ("libfo", vec!["libfoo".to_owned()])
    );
}

#[test]
fn a_version_that_the_archive_has_dropped_does_not_stay() {
    let bench = Bench::new(hello("1.0"), "\"hello\"");
    bench.lock();
    bench.publish(TUESDAY, hello("2.0"));
    remove(&bench.home.path().join("cache"));
    bench.image("gateway", "\"hello\", \"other\"");
    bench.lock();
    assert_eq!(bench.locked(), ["hello 2.0", "libfoo 2.0", "other 2.0"]);
}

#[test]
fn a_clash_leaves_the_old_lock_alone() {
    let mut packages = hello("1.0");
    packages.push(package("foe", "1").field("Conflicts", "hello"));
    let bench = Bench::new(packages, "\"hello\"");
    bench.lock();
    let before = bench.text();
    bench.image("gateway", "\"hello\", \"foe\"");
    let Locked::Impossible(impossible) = lock(&bench.context()).expect("an answer") else {
        panic!("hello and foe were locked together");
    };
    assert_eq!(impossible.image, "gateway");
    let mut wishes = impossible.contradiction.conflict.wishes.clone();
    wishes.sort();
    assert_eq!(wishes, ["foe", "hello"]);
    assert_eq!(bench.text(), before);
}

#[test]
fn an_unknown_name_is_shown_where_it_is_written() {
    let bench = Bench::new(hello("1.0"), "\"other\", \"helo\"");
    let error = lock(&bench.context()).expect_err("no such package");
    let Error::Project(ProjectError::File(fault)) = error else {
        panic!("{error}")
    };
    assert_eq!(fault.spot.to_string(), "images/gateway.toml:1:22");
    assert!(
        fault.message.contains("helo") && fault.message.contains("gateway"),
        "{fault}"
    );
    assert!(
        fault
            .hint
            .as_deref()
            .is_some_and(|hint| hint.contains("hello")),
        "{fault}"
    );
    assert_eq!(bench.text(), "");
}

#[test]
fn two_that_lock_at_once_both_go_well() {
    let bench = Bench::new(hello("1.0"), "\"hello\"");
    let contexts: Vec<Context> = (0..4).map(|_| bench.context()).collect();
    std::thread::scope(|scope| {
        let runs: Vec<_> = contexts
            .iter()
            .map(|context| scope.spawn(|| lock(context)))
            .collect();
        for run in runs {
            written(run.join().expect("no panic").expect("lock"));
        }
    });
    assert_eq!(bench.stale(), []);
    assert_eq!(bench.locked(), ["hello 1.0", "libfoo 1.0"]);
}

#[test]
fn whoever_waits_for_another_is_told() {
    let bench = Bench::new(hello("1.0"), "\"hello\"");
    let busy = bench.project().join(".formwork.lock.busy");
    let held = formwork_sys::fs::Lock::exclusive(&busy).expect("lock");
    let seen = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&seen);
    let mut context = bench.context();
    context.settings.events = Arc::new(move |event| kept.lock().expect("events").push(event));
    std::thread::scope(|scope| {
        let run = scope.spawn(|| lock(&context));
        let waits = || {
            seen.lock()
                .expect("events")
                .iter()
                .any(|event| matches!(event, Event::Waiting { .. }))
        };
        while !waits() {
            assert!(!run.is_finished(), "it did not wait");
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
        held.release_and_remove();
        written(run.join().expect("no panic").expect("lock"));
    });
}

#[test]
fn a_release_older_than_the_locks_is_refused_unless_allowed() {
    let bench = Bench::new(hello("1.0"), "\"hello\"");
    bench.publish(TUESDAY, hello("2.0"));
    bench.lock();
    let before = bench.text();
    bench.publish(MONDAY, hello("1.0"));
    // As on another machine, which has never seen the newer one.
    remove(&bench.home.path().join("cache"));
    remove(&bench.home.path().join("state"));
    assert!(update(&bench.context(), &[]).is_err());
    assert_eq!(bench.text(), before);
    let mut context = bench.context();
    context.settings.allow_older = true;
    written(update(&context, &[]).expect("allowed"));
    assert_eq!(bench.locked(), ["hello 1.0", "libfoo 1.0"]);
}

#[test]
fn several_images_and_architectures_share_one_lock() {
    let mut packages = hello("1.0");
    packages.extend([
        Package::new("hello", "1.0", "arm64").field("Depends", "shared"),
        Package::new("shared", "1", "all"),
    ]);
    let bench = Bench::new(packages, "\"hello\", \"other [amd64]\"");
    bench.write(
        "images/both.toml",
        b"packages = [\"hello\", \"shared\"]\nvariant = \"essential\"\narchitectures = [\"amd64\", \"arm64\"]\n",
    );
    assert_eq!(bench.lock().closures, 3);
    let loaded = project::load(&bench.project()).expect("project");
    let lock = loaded.required_lock().expect("lock").lock;
    let arm = lock.closure("both", "bookworm", "arm64").expect("closure");
    let names: Vec<String> = arm
        .packages
        .iter()
        .map(|key| format!("{}:{}", key.name, key.architecture))
        .collect();
    assert_eq!(names, ["hello:arm64", "shared:all"]);
    assert_eq!(
        lock.packages
            .iter()
            .filter(|package| package.name == "shared")
            .count(),
        1
    );
}

#[test]
fn a_directory_of_own_packages_takes_part_and_its_changes_are_noticed() {
    let bench = Bench::new(hello("1.0"), "\"hello\", \"mine\"");
    bench.configure("[repositories.own]\npath = \"packages\"\n");
    let mine = package("mine", "1").field("Depends", "libfoo");
    bench.write("packages/mine_1_amd64.deb", &mine.deb());
    bench.lock();
    assert_eq!(bench.locked(), ["hello 1.0", "libfoo 1.0", "mine 1"]);
    assert_eq!(bench.stale(), []);
    bench.write("packages/mine_2_amd64.deb", &package("mine", "2").deb());
    let stale = bench.stale();
    assert_eq!(stale.len(), 1);
    assert_eq!(
        stale[0].reason,
        "the packages in the directory of own have changed"
    );
    bench.update(&["mine"]);
    assert_eq!(bench.locked(), ["hello 1.0", "libfoo 1.0", "mine 2"]);
    assert_eq!(bench.stale(), []);
}

#[test]
fn a_locked_package_is_had_after_the_mirror_dropped_it() {
    let bench = Bench::new(hello("1.0"), "\"hello\", \"other\"");
    bench.lock();
    let path = |package: &Package| package.pool_path();
    let (hello_path, other_path) = (path(&hello("1.0")[0]), path(&hello("1.0")[2]));
    let copy = bench.home.path().join("copy").join(&hello_path);
    std::fs::create_dir_all(copy.parent().expect("a parent")).expect("a directory");
    std::fs::copy(bench.archive.root().join(&hello_path), &copy).expect("a copy");
    let fetched = fetch(&bench.context()).expect("all there");
    assert_eq!(fetched.total, 3);
    assert!(
        fetched
            .packages
            .iter()
            .all(|package| Path::new(&package.file).is_file())
    );
    // From the cache.
    bench.archive.remove(&hello_path);
    assert_eq!(fetch(&bench.context()).expect("in the cache"), fetched);
    // Nowhere: one error names all that is missing.
    remove(&bench.home.path().join("cache"));
    bench.archive.overwrite(&other_path, b"not what was locked");
    let error = fetch(&bench.context())
        .expect_err("nobody has it")
        .to_string();
    for name in ["hello 1.0", "other 1.0"] {
        assert!(error.contains(name), "{error}");
    }
    assert!(!error.contains("libfoo"), "{error}");
    // From a copy elsewhere.
    bench.archive.overwrite(&other_path, &hello("1.0")[2].deb());
    let keyring = bench.archive.keyring();
    bench.configure(&format!(
        "[repositories.copy]\nurl = \"file://{}\"\nsuite = \"bookworm\"\nkeyrings = [\"{}\"]\n",
        bench.home.path().join("copy").display(),
        keyring.display()
    ));
    let again = fetch(&bench.context()).expect("the copy has it");
    assert_eq!(again.packages, fetched.packages);
}

#[test]
fn a_repository_for_one_architecture_is_not_asked_for_another() {
    let bench = Bench::new(
        vec![package("hello", "1.0")],
        "\"hello\", \"extra [amd64]\"",
    );
    let arm = Package::new("hello", "1.0", "arm64");
    bench.publish(MONDAY, vec![package("hello", "1.0"), arm]);
    let vendor = Archive::new();
    vendor.write(
        &Suite::new("stable")
            .date(MONDAY)
            .package(package("extra", "1")),
    );
    let more = format!(
        "[repositories.vendor]\nurl = \"{}\"\nsuite = \"stable\"\nserves = [\"bookworm\"]\nkeyrings = [\"{}\"]\n",
        vendor.url(),
        vendor.keyring().display()
    );
    bench.configure(&more);
    bench.write(
        "images/gateway.toml",
        b"packages = [\"hello\", \"extra [amd64]\"]\nvariant = \"essential\"\narchitectures = [\"amd64\", \"arm64\"]\n",
    );
    let error = lock(&bench.context())
        .expect_err("the vendor has no arm64")
        .to_string();
    assert!(
        error.contains("arm64") && error.contains("vendor"),
        "{error}"
    );
    bench.configure(&format!("{more}architectures = [\"amd64\"]\n"));
    assert_eq!(bench.lock().closures, 2);
    assert_eq!(bench.locked(), ["extra 1", "hello 1.0", "hello 1.0"]);
}

#[test]
fn each_option_has_a_closure_of_its_own() {
    let bench = Bench::new(
        vec![
            package("hello", "1"),
            package("strace", "2"),
            package("gdb", "3"),
        ],
        "\"hello\"",
    );
    let image = "packages = [\"hello\"]\nvariant = \"essential\"\ncombinations = [[\"debug\", \"trace\"]]\n\
                 [options.debug]\npackages = [\"gdb\"]\n[options.trace]\npackages = [\"strace\"]\n\
                 [options.brand]\nsystem.hostname = \"x\"\n";
    bench.write("images/gateway.toml", image.as_bytes());
    let written = bench.lock();
    assert_eq!(written.closures, 4, "brand needs none of its own");
    assert_eq!(
        written.changes.closures_added,
        [
            "gateway bookworm amd64",
            "gateway+debug bookworm amd64",
            "gateway+debug+trace bookworm amd64",
            "gateway+trace bookworm amd64",
        ]
    );
    assert!(check(&bench.context()).expect("check").current);
    let image = image.replace("[\"gdb\"]", "[\"gdb\", \"strace\"]");
    bench.write("images/gateway.toml", image.as_bytes());
    let stale: Vec<String> = check(&bench.context())
        .expect("check")
        .stale
        .into_iter()
        .map(|stale| stale.image)
        .collect();
    assert_eq!(stale, ["gateway+debug"], "the combination had it already");
}

#[test]
fn the_directory_of_own_packages_needs_no_words_and_wins() {
    let bench = Bench::new(hello("2.0"), "\"hello\", \"mine\"");
    bench.write("packages/mine_1_amd64.deb", &package("mine", "1").deb());
    let older = package("hello", "1.5+own1").deb();
    bench.write("packages/hello_1.5+own1_amd64.deb", &older);
    bench.lock();
    assert_eq!(bench.locked(), ["hello 1.5+own1", "mine 1"]);
    let lock_text = std::fs::read_to_string(bench.project().join("formwork.lock")).expect("a lock");
    let entry = "repository = \"packages\"\npath = \"hello_1.5+own1_amd64.deb\"";
    assert!(lock_text.contains(entry), "{lock_text}");
    assert_eq!(bench.stale(), []);
    assert_eq!(fetch(&bench.context()).expect("all there").total, 2);
    // Another file of that name and version is another package.
    let other = package("mine", "1").field("Description", "changed").deb();
    bench.write("packages/mine_1_amd64.deb", &other);
    assert_eq!(bench.stale().len(), 1);
    // A description of the directory is the person's own.
    bench.configure("[repositories.own]\npath = \"./packages/\"\n");
    bench.update(&[]);
    let newer = ["hello 2.0", "libfoo 2.0", "mine 1"];
    assert_eq!(bench.locked(), newer, "its priority is that of Debian's");
    bench.configure("[repositories.packages]\npath = \"elsewhere\"\n");
    let error = lock(&bench.context()).expect_err("two of one name");
    let expected = "the name that belongs to the directory packages/";
    assert!(error.to_string().contains(expected), "{error}");
}

#[test]
fn a_package_of_dpkg_deb_is_locked() {
    let bench = Bench::new(hello("1.0"), "\"tool\"");
    let tree = bench.home.path().join("tool");
    std::fs::create_dir_all(tree.join("DEBIAN")).expect("a directory");
    std::fs::create_dir_all(tree.join("usr/bin")).expect("a directory");
    let control = "Package: tool\nVersion: 1.2-1\nArchitecture: all\nMaintainer: A <a@mirror.example>\n\
                   Depends: libfoo\nDescription: a tool\n";
    std::fs::write(tree.join("DEBIAN/control"), control).expect("a file");
    std::fs::write(tree.join("usr/bin/tool"), "#!/bin/sh\n").expect("a file");
    std::fs::create_dir_all(bench.project().join("packages")).expect("a directory");
    let made = std::process::Command::new("dpkg-deb")
        .args(["--build", "--root-owner-group"])
        .arg(&tree)
        .arg(bench.project().join("packages"))
        .output();
    let Ok(output) = made else {
        eprintln!("there is no dpkg-deb here: nothing is tested");
        return;
    };
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    bench.lock();
    assert_eq!(bench.locked(), ["libfoo 1.0", "tool 1.2-1"]);
    assert_eq!(fetch(&bench.context()).expect("all there").total, 2);
}

/// An image that is made as a disk, with more lines at the end.
fn disk(more: &str) -> String {
    format!("packages = [\"hello\"]\nvariant = \"essential\"\nforms = [\"disk\"]\n{more}")
}

/// The packages beside the closure of an image.
fn beside(bench: &Bench, image: &str) -> Vec<String> {
    let loaded = project::load(&bench.project()).expect("project");
    let lock = loaded.required_lock().expect("lock").lock;
    let closure = lock.closure(image, "bookworm", "amd64").expect("closure");
    let keys = closure.beside.iter();
    keys.map(|key| format!("{} {}", key.name, key.version))
        .collect()
}

/// What the archive has for the loaders, none of which could be installed.
fn loaders(version: &str) -> Vec<Package> {
    let stub = package("systemd-boot-efi", version).field("Depends", "nowhere");
    let guard = package("efibootguard", version).field("Depends", "nowhere");
    [vec![stub, guard, package("systemd", version)], hello("1.0")].concat()
}

#[test]
fn a_loader_stands_beside_the_closure_without_what_it_depends_on() {
    let bench = Bench::new(loaders("252-1"), "\"hello\"");
    bench.lock();
    let plain = bench.text();
    assert!(plain.contains("format = 1\n"), "{plain}");
    bench.write("images/gateway.toml", disk("").as_bytes());
    assert!(!bench.stale().is_empty(), "the loader is not in the lock");
    let answer = bench.lock();
    assert_eq!(beside(&bench, "gateway"), ["systemd-boot-efi 252-1"]);
    let reasons: Vec<_> = answer.changes.added.iter().map(|one| &one.reason).collect();
    assert_eq!(
        reasons,
        [&Some("gateway: beside, for the loader uki".to_owned())]
    );
    assert_eq!(answer.changes.added[0].images, ["gateway"]);
    assert!(bench.text().contains("format = 2\n"));
    let fetched = fetch(&bench.context()).expect("fetch").packages;
    assert!(
        fetched
            .iter()
            .any(|one| one.package.name == "systemd-boot-efi")
    );
    // A newer one is taken by `update` only.
    bench.publish(TUESDAY, [loaders("252-1"), loaders("252-2")].concat());
    bench.write(
        "images/gateway.toml",
        disk("[disk]\ngrow = false\n").as_bytes(),
    );
    assert_eq!(
        bench.stale(),
        [],
        "what changes no package is not in the plan"
    );
    bench.update(&["hello"]);
    assert_eq!(beside(&bench, "gateway"), ["systemd-boot-efi 252-1"]);
    let answer = bench.update(&[]);
    assert_eq!(beside(&bench, "gateway"), ["systemd-boot-efi 252-2"]);
    assert_eq!(answer.changes.upgraded[0].source, "systemd-boot-efi");
    let guard = disk("[boot]\nloader = \"efibootguard\"\n");
    bench.write("images/gateway.toml", guard.as_bytes());
    bench.lock();
    assert_eq!(beside(&bench, "gateway"), ["efibootguard 252-2"]);
    let edited = bench
        .text()
        .replace("  \"efibootguard:amd64=252-2\",\n", "");
    bench.write(
        "formwork.lock",
        edited.replace("beside = [\n]\n", "").as_bytes(),
    );
    let reasons: Vec<String> = bench.stale().into_iter().map(|one| one.reason).collect();
    assert_eq!(
        reasons,
        ["its packages in the lock were changed by hand or by a merge"]
    );
}

#[test]
fn a_suite_whose_stub_is_in_systemd_takes_the_installed_version_of_it() {
    let all = [
        hello("1.0"),
        vec![package("systemd", "247-1"), package("systemd", "247-2")],
    ];
    let bench = Bench::new(all.concat(), "\"hello\"");
    let image = disk("[blobs.first]\noffset = \"8K\"\npackage = \"libfoo\"\nfile = \"/x.bin\"\n");
    let pinned = image.replace("[\"hello\"]", "[\"hello\", \"systemd=247-1\"]");
    bench.write("images/gateway.toml", image.as_bytes());
    bench.write("images/pinned.toml", pinned.as_bytes());
    bench.lock();
    assert_eq!(beside(&bench, "gateway"), ["libfoo 1.0", "systemd 247-2"]);
    assert_eq!(beside(&bench, "pinned"), ["libfoo 1.0", "systemd 247-1"]);
    assert_eq!(bench.stale(), []);
}

#[test]
fn a_loader_that_the_archive_lacks_has_its_place_and_a_way_out() {
    let bench = Bench::new(hello("1.0"), "\"hello\"");
    let image = disk("[boot]\nloader = \"efibootguard\"\n");
    bench.write("images/gateway.toml", image.as_bytes());
    let error = lock(&bench.context()).expect_err("no such package");
    let Error::Project(error @ ProjectError::Setting { .. }) = error else {
        panic!("{error}")
    };
    assert_eq!(
        error.to_string(),
        "images/gateway.toml:4: the loader efibootguard needs the package efibootguard, which \
         the archive of bookworm amd64 does not have"
    );
    let hint = error.hint().expect("a hint");
    assert!(hint.contains("loader = \"uki\""), "{hint}");
    assert!(bench.text().is_empty(), "nothing is written");
}
