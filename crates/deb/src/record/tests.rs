use super::*;
use crate::deb822::paragraphs;

#[test]
fn source_defaults_to_the_package() {
    let text = "Package: a\nVersion: 1\nArchitecture: all\nSource: b (2)\n";
    let paragraph = paragraphs(text).next().expect("one").expect("good");
    let record = PackageRecord::from_paragraph(&paragraph, Stanza::Control).expect("good");
    assert_eq!((record.source, record.source_version), ("b", "2"));
}
