//! The page is whole without help, and says the same each time.

use formwork_model::documents::{Difference, Inspected, InspectedOutput, InspectedPackage};

use super::{count, html, size};
use crate::files::{File, Files};

fn sample() -> (Inspected, Files) {
    let package = |name: &str, bytes| InspectedPackage {
        name: name.to_owned(),
        version: "1.0".to_owned(),
        installed: bytes > 0,
        bytes,
        ..InspectedPackage::default()
    };
    let mut packages: Vec<InspectedPackage> = (0..30)
        .map(|at| package(&format!("package{at}"), 1000))
        .collect();
    packages.push(package("systemd-boot-efi", 0));
    let files = (0..30).map(|at| File {
        path: format!("/usr/bin/program{at}"),
        size: 1000,
        package: Some(format!("package{at}")),
    });
    let inspected = Inspected {
        image: "gateway".to_owned(),
        bytes: 30_000,
        packages,
        outputs: vec![InspectedOutput {
            kind: "disk".to_owned(),
            path: "gateway.img".to_owned(),
            ..InspectedOutput::default()
        }],
        ..Inspected::default()
    };
    let files = Files {
        files: files.collect(),
        ..Files::default()
    };
    (inspected, files)
}

#[test]
fn everything_is_on_the_page_without_a_script() {
    let (inspected, files) = sample();
    let page = html(&inspected, &files);
    assert_eq!(page, html(&inspected, &files));
    for package in &inspected.packages {
        let row = format!("<tr data-name=\"{}\">", package.name);
        assert_eq!(page.matches(&row).count(), 1, "{row}");
    }
    assert_eq!(page.matches("<g class=\"package\"").count(), 30);
    assert!(page.contains("<title>package7 · 1.0 kB (3.3 %) · 1 file · programs</title>"));
    assert!(page.contains("not installed") && page.contains("not there"));
    for outside in ["http:", "https:", "src=", "@import", "url("] {
        // The name space of SVG is a name and nothing that is loaded.
        let page = page.replace("http://www.w3.org/2000/svg", "");
        assert!(!page.contains(outside), "{outside}");
    }
}

#[test]
fn what_does_not_fit_comes_first() {
    let (mut inspected, files) = sample();
    assert!(html(&inspected, &files).contains("<span class=\"state good\">fits</span>"));
    inspected.differences.push(Difference {
        place: "gateway.img".to_owned(),
        what: "sha256".to_owned(),
        recorded: "00".to_owned(),
        found: "11".to_owned(),
    });
    let page = html(&inspected, &files);
    assert!(page.contains("does not fit</span>"));
    assert!(page.find("id=\"differences\"") < page.find("id=\"map\""));
}

#[test]
fn numbers_are_short() {
    let sizes = [
        (999, "999 B"),
        (1000, "1.0 kB"),
        (99_949, "99.9 kB"),
        (99_950, "100 kB"),
        (999_949, "1000 kB"),
        (999_950, "1.0 MB"),
        (u64::MAX, "18.4 EB"),
    ];
    for (bytes, expected) in sizes {
        assert_eq!(size(bytes), expected);
    }
    assert_eq!(count(1_234_567), "1\u{202f}234\u{202f}567");
}
