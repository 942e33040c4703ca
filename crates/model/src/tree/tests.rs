use super::*;

fn entry(path: &[u8], node: Node) -> Entry {
    Entry {
        path: path.to_vec(),
        node,
        mode: 0o755,
        uid: 0,
        gid: 42,
        modified: 1_700_000_000,
        attributes: BTreeMap::new(),
        package: None,
    }
}

#[test]
fn an_entry_says_what_applies_and_nothing_else() {
    let digest = Sha256::of(b"x");
    let file = Node::File {
        size: 1,
        sha256: digest,
    };
    let mut capable = entry(b"usr/bin/ping", file.clone());
    capable
        .attributes
        .insert("security.capability".to_owned(), vec![1, 0, 0, 2, b'a']);
    capable.package = Some("iputils-ping".to_owned());
    let mut setuid = entry(b"usr/bin/su", file);
    setuid.mode = 0o4755;
    let table = [
        (
            entry(b"", Node::Directory),
            r#"{"path":"/","type":"dir","mode":"0755","uid":0,"gid":42,"mtime":1700000000}"#.to_owned(),
        ),
        (
            entry(b"bin", Node::Symlink(b"usr/bin".to_vec())),
            r#"{"path":"/bin","type":"link","uid":0,"gid":42,"mtime":1700000000,"target":"usr/bin"}"#.to_owned(),
        ),
        (
            entry(b"b", Node::Hardlink(b"a".to_vec())),
            r#"{"path":"/b","type":"hard","target":"/a"}"#.to_owned(),
        ),
        (
            entry(b"dev/null", Node::Character(1, 3)),
            r#"{"path":"/dev/null","type":"char","mode":"0755","uid":0,"gid":42,"mtime":1700000000,"device":"1:3"}"#.to_owned(),
        ),
        (
            capable,
            format!(r#"{{"path":"/usr/bin/ping","type":"file","mode":"0755","uid":0,"gid":42,"mtime":1700000000,"size":1,"sha256":"{digest}","xattrs":{{"security.capability":"%01%00%00%02a"}},"package":"iputils-ping"}}"#),
        ),
        (
            setuid,
            format!(r#"{{"path":"/usr/bin/su","type":"file","mode":"4755","uid":0,"gid":42,"mtime":1700000000,"size":1,"sha256":"{digest}"}}"#),
        ),
    ];
    for (entry, expected) in table {
        assert_eq!(entry.line(), expected);
    }
}

#[test]
fn any_name_is_told_without_loss() {
    let table: [(&[u8], &str); 6] = [
        (b"plain", "plain"),
        (b"a\\x2db", "a\\x2db"),
        (
            "F\u{151}tan\u{fa}s\u{ed}tv\u{e1}ny".as_bytes(),
            "Főtanúsítvány",
        ),
        (b"100%\xff\"", "100%25%FF\""),
        (b"two\nlines", "two%0Alines"),
        (b"\xc2\x85", "%C2%85"),
    ];
    for (bytes, expected) in table {
        assert_eq!(plain(bytes), expected);
    }
}

#[test]
fn the_document_is_json_with_a_line_an_entry() {
    let manifest = Manifest {
        suite: "trixie".to_owned(),
        architecture: "amd64".to_owned(),
        date: 7,
        entries: vec![entry(b"", Node::Directory), entry(b"tab\there", Node::Fifo)],
    };
    let text: String = manifest.pieces().collect();
    let value: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(value["format"], 1);
    assert_eq!(value["suite"], "trixie");
    assert_eq!(value["entries"][1]["path"], "/tab%09here");
    assert_eq!(text.lines().count(), 10);
    let empty: String = Manifest::default().pieces().collect();
    let value: serde_json::Value = serde_json::from_str(&empty).expect("JSON");
    assert_eq!(value["entries"].as_array().map(Vec::len), Some(0));
}

#[test]
fn what_is_in_a_directory_follows_it_at_once() {
    let sorted: [&[u8]; 7] = [b"", b"a", b"a/one", b"a/one/x", b"a/two", b"a-b", b"a-b/x"];
    for (left, first) in sorted.iter().enumerate() {
        for (right, second) in sorted.iter().enumerate() {
            assert_eq!(order(first, second), left.cmp(&right));
        }
    }
}
