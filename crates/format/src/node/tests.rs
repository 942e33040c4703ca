use super::*;

fn node(path: &str, kind: Kind) -> Node {
    Node {
        path: path.into(),
        kind,
        mode: 0o755,
        owner: 0,
        group: 0,
        time: 0,
        attributes: Vec::new(),
    }
}

#[test]
fn directories_come_before_what_is_in_them_and_names_sort_as_bytes() {
    let tree = Tree::new(vec![
        node("a/x", Kind::File(1)),
        node("a.b", Kind::File(2)),
        node("", Kind::Directory),
        node("a", Kind::Directory),
        node("z", Kind::Link(b"a/x".to_vec())),
    ])
    .unwrap();
    let paths: Vec<&[u8]> = tree
        .nodes()
        .iter()
        .map(|node| node.path.as_slice())
        .collect();
    assert_eq!(paths, [&b""[..], b"a", b"a/x", b"a.b", b"z"]);
    assert_eq!(tree.children(0), [1_u32, 3, 4]);
    assert_eq!((tree.target(4), tree.links(4), tree.links(2)), (2, 2, 2));
    assert_eq!((tree.links(0), tree.links(1)), (3, 2));
    assert_eq!(tree.nodes()[2].name(), b"x");
}

#[test]
fn what_is_no_tree_is_refused() {
    let root = || node("", Kind::Directory);
    let cases = [
        (vec![], "the root"),
        (vec![node("", Kind::Fifo)], "the root"),
        (vec![root(), node("a/b", Kind::Fifo)], "no directory above"),
        (
            vec![root(), node("a", Kind::Fifo), node("a/b", Kind::Fifo)],
            "no directory above",
        ),
        (
            vec![root(), node("a", Kind::Fifo), node("a", Kind::Fifo)],
            "twice",
        ),
        (vec![root(), node("..", Kind::Fifo)], "plain"),
        (vec![root(), node("a//b", Kind::Fifo)], "plain"),
        (vec![root(), node("/a", Kind::Fifo)], "plain"),
        (
            vec![root(), node("a", Kind::Link(b"b".to_vec()))],
            "to nothing",
        ),
        (
            vec![root(), node("a", Kind::Link(b"".to_vec()))],
            "to nothing",
        ),
        (
            vec![root(), node("a", Kind::Link(b"a".to_vec()))],
            "to nothing",
        ),
    ];
    for (nodes, expected) in cases {
        let error = Tree::new(nodes).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}, not {expected}");
    }
}
