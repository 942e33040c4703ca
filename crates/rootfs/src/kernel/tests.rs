use std::fs;
use std::path::Path;

use super::*;

/// A tree with kernels `(version, package)` and a database in which `depends` says who needs whom.
fn tree(root: &Path, kernels: &[(&str, &str)], depends: &[(&str, &str)]) -> Tree {
    for directory in ["boot", "var/lib/dpkg/info", "lib/modules"] {
        fs::create_dir_all(root.join(directory)).unwrap();
    }
    let mut status = String::new();
    for (version, package) in kernels {
        fs::write(root.join(format!("boot/vmlinuz-{version}")), "kernel").unwrap();
        fs::create_dir_all(root.join(format!("lib/modules/{version}"))).unwrap();
        fs::write(root.join(format!("lib/modules/{version}/modules.dep")), "").unwrap();
        let list = format!("/.\n/boot\n/boot/vmlinuz-{version}\n");
        fs::write(root.join(format!("var/lib/dpkg/info/{package}.list")), list).unwrap();
        status.push_str(&format!(
            "Package: {package}\nStatus: install ok installed\n\n"
        ));
    }
    for (package, depends) in depends {
        status.push_str(&format!("Package: {package}\nDepends: {depends}\n\n"));
    }
    fs::write(root.join("var/lib/dpkg/status"), status).unwrap();
    Tree::open(root).unwrap()
}

fn wish(package: &str) -> KernelWish {
    KernelWish {
        package: Some(package.to_owned()).filter(|name| !name.is_empty()),
        at: "images/a.toml:7".to_owned(),
        ..KernelWish::default()
    }
}

const TWO: [(&str, &str); 2] = [
    ("6.1.0-9-amd64", "linux-image-6.1.0-9-amd64"),
    ("6.1.0-9-cloud-amd64", "linux-image-6.1.0-9-cloud-amd64"),
];
const METAS: [(&str, &str); 3] = [
    (
        "linux-image-amd64",
        "linux-image-6.1.0-9-amd64 (= 6.1.90-1)",
    ),
    ("board", "bash, linux-image-cloud-amd64 | linux-image-board"),
    (
        "linux-image-cloud-amd64",
        "linux-image-6.1.0-9-cloud-amd64 (= 6.1.90-1)",
    ),
];

#[test]
fn the_only_kernel_needs_no_name() {
    let directory = tempfile::tempdir().unwrap();
    let tree = tree(directory.path(), &TWO[..1], &[]);
    let expected = Kernel {
        version: "6.1.0-9-amd64".to_owned(),
        path: "boot/vmlinuz-6.1.0-9-amd64".to_owned(),
        package: Some("linux-image-6.1.0-9-amd64".to_owned()),
    };
    assert_eq!(find(&tree, &wish(""), "amd64").unwrap(), expected);
}

#[test]
fn a_package_is_followed_to_the_kernel_it_depends_on() {
    let directory = tempfile::tempdir().unwrap();
    let tree = tree(directory.path(), &TWO, &METAS);
    for (package, version) in [
        ("linux-image-6.1.0-9-cloud-amd64", "6.1.0-9-cloud-amd64"),
        ("linux-image-amd64", "6.1.0-9-amd64"),
        ("board", "6.1.0-9-cloud-amd64"),
    ] {
        let found = find(&tree, &wish(package), "amd64").unwrap();
        assert_eq!(found.version, version, "{package}");
    }
}

#[test]
fn each_fault_says_where_and_what_to_do() {
    let both = (
        "both",
        "linux-image-6.1.0-9-amd64, linux-image-6.1.0-9-cloud-amd64",
    );
    let depends = [METAS.as_slice(), &[("bash", "libc6"), both]].concat();
    type Case<'a> = (&'a [(&'a str, &'a str)], &'a str, &'a str);
    let cases: [Case<'_>; 5] = [
        (
            &[],
            "",
            "images/a.toml:7: the image has no kernel to boot with: nothing is named \
          /boot/vmlinuz-VERSION; add one to its packages, for example `linux-image-arm64`",
        ),
        (
            &TWO,
            "",
            "several kernels: 6.1.0-9-amd64 (linux-image-6.1.0-9-amd64), \
          6.1.0-9-cloud-amd64 (linux-image-6.1.0-9-cloud-amd64); name the package",
        ),
        (
            &TWO,
            "none",
            "the kernel's package none is not in the image; its kernels are: 6.1.0-9-a",
        ),
        (
            &TWO,
            "bash",
            "the package bash brings no kernel, nor does one that it depends on",
        ),
        (
            &TWO,
            "both",
            "; name the package of the one to boot with as `kernel` in [boot]",
        ),
    ];
    for (kernels, package, expected) in cases {
        let directory = tempfile::tempdir().unwrap();
        let tree = tree(directory.path(), kernels, &depends);
        let error = find(&tree, &wish(package), "arm64")
            .unwrap_err()
            .to_string();
        assert!(error.contains(expected), "{error}");
    }
}

#[test]
fn a_kernel_needs_its_modules() {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path();
    let tree = tree(root, &TWO[..1], &[]);
    let modules = root.join("lib/modules/6.1.0-9-amd64");
    fs::remove_file(modules.join("modules.dep")).unwrap();
    let error = find(&tree, &wish(""), "amd64").unwrap_err().to_string();
    assert!(
        error.contains("/lib/modules/6.1.0-9-amd64/modules.dep is missing"),
        "{error}"
    );
    fs::remove_dir(modules).unwrap();
    let error = find(&tree, &wish(""), "amd64").unwrap_err().to_string();
    assert!(
        error.contains("the kernel 6.1.0-9-amd64 has no modules: "),
        "{error}"
    );
}
