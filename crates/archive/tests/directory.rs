//! Plain directories of packages.
#![allow(clippy::unwrap_used)]

mod toy;

use std::path::{Path, PathBuf};

use formwork_archive::Error;
use formwork_archive::repository::{Repository, RepositoryKind};
use formwork_archive::url::Url;
use formwork_testkit::bytes::Compression;
use formwork_testkit::package::Package;

use toy::{Toy, bookworm};

fn directory(toy: &Toy, packages: &[Package]) -> PathBuf {
    let path = toy.home.path().join("debs");
    std::fs::create_dir_all(&path).unwrap();
    for package in packages {
        std::fs::write(path.join(file_name(package)), package.deb()).unwrap();
    }
    path
}

fn file_name(package: &Package) -> String {
    package.pool_path().rsplit('/').next().unwrap().to_owned()
}

fn repository(toy: &Toy, path: &Path) -> Repository {
    Repository {
        name: "own".to_owned(),
        url: Url::from_file_path(path),
        suite: String::new(),
        components: vec![],
        keyrings: vec![],
        kind: RepositoryKind::Directory,
        ..toy.repository()
    }
}

#[test]
fn packages_are_indexed_whatever_packs_their_control_files() {
    let toy = Toy::new(&bookworm());
    let packages: Vec<Package> = [
        Compression::None,
        Compression::Gzip,
        Compression::Xz,
        Compression::Zstd,
    ]
    .iter()
    .enumerate()
    .map(|(number, compression)| {
        Package::new(&format!("own{number}"), "1:2.0-1", "amd64").compression(*compression)
    })
    .collect();
    let path = directory(&toy, &packages);
    std::fs::write(path.join("README.txt"), "not a package").unwrap();
    let snapshot = toy.sync(&repository(&toy, &path)).unwrap();
    let expected: Vec<String> = (0..4)
        .map(|number| format!("own{number} 1:2.0-1"))
        .collect();
    assert_eq!(toy.packages(&snapshot).unwrap(), expected);
    let mapped = toy.open().universe(&snapshot, "amd64", &[], None).unwrap();
    let universe = mapped.get();
    for id in universe.ids() {
        let package = universe.package(id);
        let file = path.join(package.filename());
        let bytes = std::fs::read(&file).unwrap();
        assert_eq!(package.size(), bytes.len() as u64);
        assert_eq!(
            package.sha256(),
            Some(formwork_deb::sha256::Sha256::of(&bytes))
        );
        assert_eq!(package.origin().repository, "own");
    }
}

#[test]
fn a_second_sync_reads_no_package_but_notices_every_change() {
    let toy = Toy::new(&bookworm());
    let path = directory(
        &toy,
        &[
            Package::new("own", "1.0", "amd64"),
            Package::new("two", "1.0", "amd64"),
        ],
    );
    let repository = repository(&toy, &path);
    let first = toy.sync(&repository).unwrap();
    assert_eq!(toy.sync(&repository).unwrap(), first);
    let newer = Package::new("own", "2.0", "amd64").deb();
    std::fs::write(path.join("own_1.0_amd64.deb"), newer).unwrap();
    let second = toy.sync(&repository).unwrap();
    assert_eq!(toy.packages(&second).unwrap(), ["own 2.0", "two 1.0"]);
    std::fs::remove_file(path.join("two_1.0_amd64.deb")).unwrap();
    let third = toy.sync(&repository).unwrap();
    assert_eq!(toy.packages(&third).unwrap(), ["own 2.0"]);
    let digests =
        [&first, &second, &third].map(|one| one.releases().next().unwrap().release_sha256);
    assert!(digests[0] != digests[1] && digests[1] != digests[2]);
}

#[test]
fn the_digest_depends_on_the_packages_alone() {
    let toy = Toy::new(&bookworm());
    let path = directory(&toy, &[Package::new("own", "1.0", "amd64")]);
    let digest = |toy: &Toy| {
        let snapshot = toy.sync(&repository(toy, &path)).unwrap();
        snapshot.releases().next().unwrap().release_sha256
    };
    let before = digest(&toy);
    std::fs::File::open(path.join("own_1.0_amd64.deb"))
        .unwrap()
        .set_modified(std::time::SystemTime::UNIX_EPOCH)
        .unwrap();
    assert_eq!(digest(&toy), before);
    assert_eq!(digest(&Toy::new(&bookworm())), before);
}

#[test]
fn what_a_package_says_of_its_own_file_does_not_count() {
    let toy = Toy::new(&bookworm());
    let liar = Package::new("own", "1.0", "amd64")
        .field("Filename", "../../etc/passwd")
        .field("SHA256", &"0".repeat(64))
        .field("Size", "1")
        .field("X-Formwork-File", "1 2 3");
    let path = directory(&toy, &[liar]);
    let snapshot = toy.sync(&repository(&toy, &path)).unwrap();
    let mapped = toy.open().universe(&snapshot, "amd64", &[], None).unwrap();
    let universe = mapped.get();
    let package = universe.package(universe.ids().next().unwrap());
    assert_eq!(package.filename(), "own_1.0_amd64.deb");
    assert!(package.size() > 1);
}

#[test]
fn files_that_are_no_packages_are_named() {
    let toy = Toy::new(&bookworm());
    let path = directory(&toy, &[]);
    let good = Package::new("own", "1.0", "amd64").deb();
    let cases: [(&str, Vec<u8>); 4] = [
        ("garbage.deb", b"garbage".to_vec()),
        ("empty.deb", Vec::new()),
        ("cut.deb", good[..good.len() / 2].to_vec()),
        (
            "nameless.deb",
            Package::new("own", "not a version", "amd64").deb(),
        ),
    ];
    for (name, content) in cases {
        std::fs::write(path.join(name), content).unwrap();
        let error = toy.sync(&repository(&toy, &path)).unwrap_err();
        assert!(matches!(error, Error::BadPackage { .. }), "{name}: {error}");
        assert!(error.to_string().contains(name), "{error}");
        std::fs::remove_file(path.join(name)).unwrap();
    }
    assert_eq!(
        toy.packages(&toy.sync(&repository(&toy, &path)).unwrap())
            .unwrap(),
        Vec::<String>::new()
    );
    let gone = toy.home.path().join("gone");
    assert!(
        toy.sync(&repository(&toy, &gone))
            .unwrap_err()
            .to_string()
            .contains("gone")
    );
    let served = Repository {
        url: Url::parse(&toy.server.url()).unwrap(),
        ..repository(&toy, &path)
    };
    assert!(matches!(
        toy.sync(&served),
        Err(Error::DirectoryNotLocal { .. })
    ));
}
