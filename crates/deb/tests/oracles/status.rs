//! The records of this machine's own packages against `dpkg-query`.

use crate::run_text;
use formwork_deb::deb822::Reader;
use formwork_deb::record::{PackageRecord, Stanza};
use formwork_deb::relation::parse_groups;

#[test]
fn installed_packages_are_read_as_dpkg_reads_them() {
    const FORMAT: &str = "${db:Status-Status} ${Package} ${Version} ${Architecture} \
        ${source:Package} ${source:Version} ${Installed-Size}\n";
    let answers = run_text("dpkg-query", &["--show", "--showformat", FORMAT], "");
    let mut expected: Vec<&str> = answers
        .lines()
        .filter_map(|line| line.strip_prefix("installed "))
        .collect();
    let file = std::fs::File::open("/var/lib/dpkg/status").expect("this machine has dpkg");
    let mut reader = Reader::new(file);
    let mut found = Vec::new();
    while let Some(paragraph) = reader.next().expect("a good status file") {
        let status = paragraph.get("Status").expect("a status").value;
        if !status.ends_with(" installed") {
            continue;
        }
        let record = PackageRecord::from_paragraph(&paragraph, Stanza::Control).expect("a record");
        let fields = [
            record.depends,
            record.pre_depends,
            record.provides,
            record.conflicts,
        ];
        for text in fields.into_iter().flatten() {
            parse_groups(text).unwrap_or_else(|error| panic!("{}: {error}", record.package));
        }
        let PackageRecord {
            package,
            version,
            architecture,
            source,
            source_version,
            ..
        } = record;
        let size = record.installed_size;
        found.push(format!(
            "{package} {version} {architecture} {source} {source_version} {size}"
        ));
    }
    expected.sort_unstable();
    found.sort_unstable();
    assert!(found.len() > 50, "only {} packages", found.len());
    assert_eq!(found, expected);
}
