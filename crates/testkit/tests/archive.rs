//! Real dpkg and apt accept what the archive maker writes; gpgv accepts its signatures.

use std::fs;
use std::path::Path;
use std::process::Command;

use formwork_testkit::archive::{Archive, Signatures, Suite, archive_key};
use formwork_testkit::bytes::{Compression, sha256};
use formwork_testkit::clock::seconds;
use formwork_testkit::keys::{Key, keyring};
use formwork_testkit::package::{Package, Source};
use formwork_testkit::server::Server;
use tempfile::TempDir;

/// Whether a tool of Debian is there; tests that need it say so when it is not.
fn has(tool: &str) -> bool {
    let found = Path::new("/usr/bin").join(tool).exists();
    if !found {
        eprintln!("{tool} is not installed: not compared with it");
    }
    found
}

fn hello() -> Package {
    Package::new("hello", "1:1.0-1", "amd64")
        .field("Depends", "libhello1 (>= 1)")
        .file("usr/bin/hello", b"#!/bin/sh\necho hello\n")
        .script("postinst", "#!/bin/sh\nexit 0\n")
}

fn suite() -> Suite {
    Suite::new("toy")
        .components(&["main", "contrib"])
        .architectures(&["amd64", "arm64"])
        .date("2026-11-01")
        .package(hello())
        .package(Package::new("libhello1", "1.2", "amd64").field("Multi-Arch", "same"))
        .package(Package::new("hello-data", "1.0", "all").component("contrib"))
        .source(Source::new("hello", "1.0", "hello, libhello1").field("Build-Depends", "gcc"))
}

#[test]
fn dpkg_reads_the_packages() {
    if !has("dpkg-deb") {
        return;
    }
    let compressions = [
        Compression::None,
        Compression::Gzip,
        Compression::Xz,
        Compression::Zstd,
    ];
    for compression in compressions {
        let directory = TempDir::new().expect("a directory");
        let path = directory.path().join("hello.deb");
        fs::write(&path, hello().compression(compression).deb()).expect("a package");
        for (option, wanted) in [("-I", "Version: 1:1.0-1"), ("-c", "./usr/bin/hello")] {
            let output = Command::new("dpkg-deb")
                .arg(option)
                .arg(&path)
                .output()
                .expect("dpkg-deb");
            let text = String::from_utf8_lossy(&output.stdout);
            assert!(
                output.status.success(),
                "{compression:?} {option}: {output:?}"
            );
            assert!(text.contains(wanted), "{compression:?} {option}: {text}");
        }
    }
}

/// `apt-get` with a root of its own and one source.
struct Apt {
    directory: TempDir,
}

impl Apt {
    fn new(url: &str, keyring: &Path) -> Self {
        let directory = TempDir::new().expect("a directory");
        for name in [
            "lists/partial",
            "cache/archives/partial",
            "apt.conf.d",
            "preferences.d",
            "sources.list.d",
        ] {
            fs::create_dir_all(directory.path().join(name)).expect("a directory");
        }
        fs::write(directory.path().join("status"), "").expect("a status file");
        let line = format!(
            "deb [signed-by={}] {url} toy main contrib\n",
            keyring.display()
        );
        fs::write(directory.path().join("sources.list"), line).expect("a sources.list");
        let at = directory.path().display();
        let settings = format!(
            "APT::Architecture \"amd64\";\nAPT::Architectures \"amd64\";\n\
             APT::Sandbox::User \"root\";\nAcquire::Languages \"none\";\n\
             Dir::State::lists \"{at}/lists\";\nDir::State::status \"{at}/status\";\n\
             Dir::Cache \"{at}/cache\";\nDir::Etc \"{at}\";\n"
        );
        fs::write(directory.path().join("settings"), settings).expect("an apt.conf");
        Self { directory }
    }

    fn run(&self, arguments: &[&str]) -> (bool, String) {
        // The settings come first, so that nothing of the host's /etc/apt is read.
        let output = Command::new("apt-get")
            .env("APT_CONFIG", self.directory.path().join("settings"))
            .env("LC_ALL", "C")
            .args(arguments)
            .output()
            .expect("apt-get");
        let text = [output.stdout, output.stderr].concat();
        let text = String::from_utf8_lossy(&text).into_owned();
        // A warning about a refused index leaves the exit status at 0.
        (
            output.status.success() && !text.contains("\nErr:") && !text.contains("W: "),
            text,
        )
    }
}

#[test]
fn apt_accepts_the_archive() {
    if !has("apt-get") {
        return;
    }
    let subkey = Key::with_signing_subkey("A key with a signing subkey");
    let variants = [
        ("as today", suite()),
        (
            "gzip, Release.gpg",
            suite().signatures(Signatures::DetachedOnly).by_hash(false),
        ),
        ("plain indices", suite().compressions(&[Compression::None])),
        ("zstd", suite().compressions(&[Compression::Zstd])),
        (
            "two keys, one a subkey",
            suite().keys(&[&archive_key(), &subkey]),
        ),
        ("a subkey alone", suite().keys(&[&subkey])),
    ];
    for (name, suite) in variants {
        let archive = Archive::new();
        archive.write(&suite);
        let keyring = archive.write_keyring("both.gpg", &[&archive_key(), &subkey]);
        let server = Server::new(archive.root());
        for url in [archive.url(), server.url()] {
            let apt = Apt::new(&url, &keyring);
            let (fine, text) = apt.run(&["update"]);
            assert!(fine, "{name}, {url}: {text}");
            let (fine, text) = apt.run(&["install", "--simulate", "hello", "hello-data"]);
            assert!(fine, "{name}, {url}: {text}");
            for wanted in [
                "Inst hello (1:1.0-1 ",
                "Inst libhello1 (1.2 ",
                "Inst hello-data (1.0 ",
            ] {
                assert!(
                    text.contains(wanted),
                    "{name}, {url}: {wanted} is not in {text}"
                );
            }
            let (fine, text) = apt.run(&["install", "--download-only", "--yes", "hello"]);
            assert!(fine, "{name}, {url}: {text}");
        }
    }
}

#[test]
fn apt_refuses_what_shall_be_refused() {
    if !has("apt-get") {
        return;
    }
    let foreign = Key::new("Somebody Else <else@mirror.example>");
    let old = Key::expiring("An old key", seconds("2020-01-01"));
    let variants = [
        ("another key", suite().keys(&[&foreign])),
        ("an expired key", suite().keys(&[&old])),
        ("no signature", suite().signatures(Signatures::Missing)),
        (
            "expired",
            suite().date("2020-01-01").valid_until("2020-01-08"),
        ),
    ];
    for (name, suite) in variants {
        let archive = Archive::new();
        archive.write(&suite);
        let keyring = archive.write_keyring("both.gpg", &[&archive_key(), &old]);
        let (fine, text) = Apt::new(&archive.url(), &keyring).run(&["update"]);
        assert!(!fine, "{name} was accepted: {text}");
    }
}

#[test]
fn the_same_declaration_makes_the_same_bytes() {
    let (first, second) = (Archive::new(), Archive::new());
    first.write(&suite());
    second.write(&suite());
    for path in [
        "dists/toy/InRelease",
        "dists/toy/Release.gpg",
        &hello().pool_path(),
    ] {
        let read = |archive: &Archive| fs::read(archive.root().join(path)).expect("a file");
        assert_eq!(sha256(&read(&first)), sha256(&read(&second)), "{path}");
    }
}

#[test]
fn keys_are_told_apart() {
    let (key, other) = (Key::new("a"), Key::with_signing_subkey("b"));
    assert_eq!(key.fingerprint(), Key::new("a").fingerprint());
    assert_ne!(key.fingerprint(), other.fingerprint());
    assert_eq!(key.fingerprint(), key.signing_fingerprint());
    assert_ne!(other.fingerprint(), other.signing_fingerprint());
    assert_eq!(
        keyring(&[&key, &other]),
        [key.public(), other.public()].concat()
    );
}
