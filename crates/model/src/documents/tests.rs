//! The shapes of documents that others rely on, to the letter.

use super::*;

fn input() -> Input {
    Input::new(
        "debian",
        Some("bookworm"),
        Timestamp(1_795_341_600),
        Sha256::of(b"release"),
    )
}

fn package_name(name: &str) -> PackageName {
    PackageName {
        name: name.into(),
        version: "1.0".into(),
        architecture: "amd64".into(),
    }
}

fn json<T: Serialize>(document: &T) -> String {
    serde_json::to_string(document).expect("a document is JSON")
}

#[test]
fn a_closure_has_its_keys_in_order() {
    let package = ClosurePackage {
        name: "fail2ban".into(),
        version: "1.0.2-2".into(),
        architecture: "all".into(),
        source: "fail2ban".into(),
        source_version: "1.0.2-2".into(),
        size: 10,
        installed_size: 2048,
        sha256: "00".into(),
        filename: "pool/f.deb".into(),
        repository: "debian".into(),
        why: vec![
            Why::Wish {
                wish: "fail2ban".into(),
            },
            Why::Variant {
                variant: "minbase".into(),
            },
            Why::Relation {
                by: "other".into(),
                field: "Depends".into(),
                relation: "a | b".into(),
                provider_of: None,
                alternatives: vec!["b".into()],
            },
        ],
    };
    let document = Closure {
        format: FORMAT,
        inputs: vec![input()],
        suites: vec!["bookworm".into()],
        architecture: "amd64".into(),
        wishes: vec!["fail2ban".into()],
        packages: vec![package],
    };
    let digest = Sha256::of(b"release");
    let expected = format!(
        concat!(
            r#"{{"format":1,"inputs":[{{"repository":"debian","suite":"bookworm","#,
            r#""date":"2026-11-22T10:00:00Z","release_sha256":"{}"}}],"suites":["bookworm"],"#,
            r#""architecture":"amd64","wishes":["fail2ban"],"packages":[{{"name":"fail2ban","#,
            r#""version":"1.0.2-2","architecture":"all","source":"fail2ban","#,
            r#""source_version":"1.0.2-2","size":10,"installed_size":2048,"sha256":"00","#,
            r#""filename":"pool/f.deb","repository":"debian","why":[{{"wish":"fail2ban"}},"#,
            r#"{{"variant":"minbase"}},{{"by":"other","field":"Depends","relation":"a | b","#,
            r#""provider_of":null,"alternatives":["b"]}}]}}]}}"#
        ),
        digest
    );
    assert_eq!(json(&document), expected);
}

#[test]
fn a_conflict_has_wishes_chain_and_ways_out() {
    let document = Contradiction {
        format: FORMAT,
        inputs: vec![],
        conflict: Conflict {
            wishes: vec!["a".into(), "b".into()],
            chain: vec![ConflictStep {
                step: StepKind::Conflicts,
                package: package_name("a"),
                other: Some(package_name("b")),
                field: Some("Conflicts".into()),
                relation: Some("b".into()),
                text: "a conflicts with b".into(),
            }],
            ways_out: vec![WayOut {
                drop: vec!["a".into()],
                text: "drop the wish a".into(),
            }],
        },
    };
    let text = json(&document);
    assert!(text.starts_with(r#"{"format":1,"inputs":[],"conflict":{"wishes":["a","b"],"chain":[{"step":"conflicts","package":"#), "{text}");
    assert!(
        text.ends_with(r#""ways_out":[{"drop":["a"],"text":"drop the wish a"}]}}"#),
        "{text}"
    );
}

#[test]
fn installable_has_total_and_broken() {
    let document = Installable {
        format: FORMAT,
        inputs: vec![],
        architecture: "amd64".into(),
        total: 3,
        broken: vec![Broken {
            name: "x".into(),
            version: "1".into(),
            architecture: "amd64".into(),
            reason: vec![],
        }],
    };
    let expected = concat!(
        r#"{"format":1,"inputs":[],"architecture":"amd64","total":3,"broken":[{"name":"x","#,
        r#""version":"1","architecture":"amd64","reason":[]}]}"#
    );
    assert_eq!(json(&document), expected);
}

#[test]
fn an_expired_release_says_so() {
    let leave = AllowExpired {
        until: Timestamp(1_798_761_599),
        reason: "frozen".into(),
    };
    let text = json(&input().waived(&leave));
    assert!(
        text.ends_with(r#""allow_expired":{"until":"2026-12-31","reason":"frozen"}}"#),
        "{text}"
    );
}

#[test]
fn a_package_list_is_sorted_and_without_repetition() {
    let list = package_list([
        ("b", "b-bin", "2"),
        ("a", "z", "1"),
        ("a", "c", "1"),
        ("a", "z", "1"),
    ]);
    assert_eq!(list, "a,c,1\na,z,1\nb,b-bin,2\n");
}

/// What is told of a build points to its lock, and what is told of images to the project's files:
/// these read no archive.
#[cfg(feature = "schema")]
const WITHOUT_INPUTS: [&str; 9] = [
    "build",
    "build-image",
    "build-log",
    "build-timings",
    "build-tree",
    "images",
    "repro",
    "run",
    "show-image",
];

#[cfg(feature = "schema")]
#[test]
fn every_schema_is_json_that_knows_format_and_inputs() {
    let schemas = schemas();
    assert!(schemas.is_sorted_by(|left, right| left.0 < right.0));
    for (name, text) in schemas {
        let value: serde_json::Value = serde_json::from_str(&text).expect(name);
        let required = value["required"].to_string();
        assert!(required.contains("\"format\""), "{name}: {required}");
        assert_eq!(
            required.contains("\"inputs\""),
            !WITHOUT_INPUTS.contains(&name),
            "{name}: {required}"
        );
    }
}
