use super::*;
use proptest::prelude::*;
use std::io::{self, Read};

/// One field as plain values: name, value, line.
type Plain = (String, String, u64);

fn plain(paragraph: &Paragraph<'_>) -> Vec<Plain> {
    let field = |field: Field<'_>| (field.name.to_owned(), field.value.to_owned(), field.line);
    paragraph.fields().map(field).collect()
}

/// All paragraphs that come before the first error, and the error.
type Outcome = (Vec<Vec<Plain>>, Option<String>);

fn from_text(text: &str) -> Outcome {
    let mut all = Vec::new();
    for paragraph in paragraphs(text) {
        match paragraph {
            Ok(paragraph) => all.push(plain(&paragraph)),
            Err(error) => return (all, Some(error.to_string())),
        }
    }
    (all, None)
}

fn from_reader<R: Read>(mut reader: Reader<R>) -> Outcome {
    let mut all = Vec::new();
    loop {
        match reader.next() {
            Ok(Some(paragraph)) => all.push(plain(&paragraph)),
            Ok(None) => return (all, None),
            Err(error) => {
                assert!(reader.next().expect("nothing after an error").is_none());
                return (all, Some(error.to_string()));
            }
        }
    }
}

/// Gives its bytes in pieces of the sizes that are listed, over and over.
struct Pieces<'a> {
    bytes: &'a [u8],
    sizes: Vec<usize>,
    next: usize,
}

impl Read for Pieces<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let size = self.sizes[self.next % self.sizes.len()];
        self.next += 1;
        if size == 0 {
            return Err(io::ErrorKind::Interrupted.into());
        }
        let length = size.min(buffer.len()).min(self.bytes.len());
        buffer[..length].copy_from_slice(&self.bytes[..length]);
        self.bytes = &self.bytes[length..];
        Ok(length)
    }
}

#[test]
fn two_paragraphs() {
    let text = "\n\nA: 1\nLong:\n x\n y\n\n \nB:2\r\nC:  3 \r\n\r\nD:\n";
    let all: Vec<Paragraph<'_>> = paragraphs(text)
        .collect::<Result<_, _>>()
        .expect("good text");
    assert_eq!(all.len(), 3);
    assert_eq!(all[0].line(), 3);
    assert_eq!(all[0].text(), "A: 1\nLong:\n x\n y");
    assert_eq!(
        all[0].get("long").map(|field| field.value),
        Some("\n x\n y")
    );
    assert_eq!(all[0].get("Lon"), None);
    assert_eq!(
        all[1].get("C"),
        Some(Field {
            name: "C",
            value: "3",
            line: 10
        })
    );
    assert_eq!(all[2].get("d").map(|field| field.value), Some(""));
    assert_eq!(from_reader(Reader::new(text.as_bytes())), from_text(text));
}

#[test]
fn lines_of_a_value() {
    let text = "Depends: a, \n b,\n# not this\n\t c \r\nX: y\n";
    let paragraph = paragraphs_with_comments(text)
        .next()
        .expect("one")
        .expect("good text");
    let field = paragraph.get("Depends").expect("a field");
    let lines: Vec<(u64, &str)> = field.lines().collect();
    assert_eq!(lines, [(1, "a,"), (2, "b,"), (4, "c")]);
    assert_eq!(field.first_line(), "a,");
    assert_eq!(paragraph.get("X").map(|field| field.line), Some(5));
}

#[test]
fn errors_say_where_and_what() {
    let table = [
        (
            "A: 1\nno colon\n",
            "line 2: expected `Field: value`, found no colon in `no colon`",
        ),
        (
            "A: 1\n\n\nB: 1\na: 2\nb: 3\n",
            "line 6: field b stands twice in this paragraph, first in line 4",
        ),
        (
            " x\n",
            "line 1: expected a field, found a continuation line",
        ),
        (
            "A: 1\n\n x\n",
            "line 3: expected a field, found a continuation line",
        ),
        (
            "# comment\nA: 1\n",
            "line 1: expected a field, found a comment",
        ),
        (
            ": x\n",
            "line 1: expected a field name of printable ASCII before `:`, found ``",
        ),
        (
            "-A: x\n",
            "line 1: expected a field name of printable ASCII before `:`, found `-A`",
        ),
        (
            "A B: x\n",
            "line 1: expected a field name of printable ASCII before `:`, found `A B`",
        ),
        (
            "É: x\n",
            "line 1: expected a field name of printable ASCII before `:`, found `É`",
        ),
        ("A: 1\nB:\n x\n y\0z\n", "line 4: found a NUL byte"),
        ("A\0: 1\n", "line 1: found a NUL byte"),
        (
            "A: 1\n\rB: 1\n",
            "line 2: expected a field, found a continuation line",
        ),
    ];
    for (text, expected) in table {
        let (_, error) = from_text(text);
        assert_eq!(error.as_deref(), Some(expected), "{text:?}");
        assert_eq!(
            from_reader(Reader::new(text.as_bytes())),
            from_text(text),
            "{text:?}"
        );
    }
    let long = format!("{}\n", "x".repeat(100_000));
    assert!(from_text(&long).1.expect("an error").len() < 200);
}

#[test]
fn comments_only_where_asked_for() {
    let text = "# head\nA: 1\n# between\n more\n\n# alone\n\nB: 2\n# end";
    let reader = Reader::new(text.as_bytes()).with_comments();
    let (found, error) = from_reader(reader);
    assert_eq!(error, None);
    let first = ("A".to_owned(), "1\n# between\n more".to_owned(), 2);
    assert_eq!(
        found,
        [vec![first], vec![("B".to_owned(), "2".to_owned(), 8)]]
    );
    let texts: Vec<_> = paragraphs_with_comments(text)
        .map(|paragraph| plain(&paragraph.expect("good text")))
        .collect();
    assert_eq!(texts, found);
}

#[test]
fn latin_1_in_a_value_is_replaced_and_in_a_name_refused() {
    let text = b"Package: a\nDescription: caf\xe9\n more \xff\xfe\nVersion: 1\n\nPackage: b\n";
    let (found, error) = from_reader(Reader::new(text.as_slice()));
    assert_eq!(error, None);
    assert_eq!(found[0][1].1, "caf\u{fffd}\n more \u{fffd}\u{fffd}");
    assert_eq!(found[0][2], ("Version".to_owned(), "1".to_owned(), 4));
    assert_eq!(found[1], [("Package".to_owned(), "b".to_owned(), 6)]);
    let (_, error) = from_reader(Reader::new(b"A: 1\nB\xe9: 1\n".as_slice()));
    assert!(
        error
            .expect("an error")
            .starts_with("line 2: expected a field name")
    );
}

#[test]
fn paragraphs_are_bounded() {
    let text = "A: 12345\nB: 123\n\nC: 1\n";
    let limited = |limit| from_reader(Reader::new(text.as_bytes()).with_limit(limit));
    assert_eq!(limited(15), from_text(text));
    assert_eq!(
        limited(14).1.as_deref(),
        Some("line 2: paragraph is larger than 14 bytes")
    );
    assert_eq!(
        limited(7).1.as_deref(),
        Some("line 1: paragraph is larger than 7 bytes")
    );
    let endless = Reader::new(io::repeat(b'x')).with_limit(1 << 20);
    assert!(
        from_reader(endless)
            .1
            .expect("an error")
            .contains("larger than 1048576")
    );
    let endless =
        Reader::new("A: 1\n".as_bytes().chain(io::repeat(b'\n')).take(500_000)).with_limit(1000);
    assert_eq!(from_reader(endless).0.len(), 1);
    let fields: String = (0..1025).map(|number| format!("F{number}: x\n")).collect();
    assert!(
        from_text(&fields)
            .1
            .expect("an error")
            .contains("more than 1024 fields")
    );
}

#[test]
fn a_paragraph_may_be_larger_than_a_chunk() {
    let long = "x".repeat(3 << 20);
    let text = format!("A: 1\n\nB: {long}\nC:\n {long}\n\nD: 1\n");
    assert_eq!(from_reader(Reader::new(text.as_bytes())), from_text(&text));
}

#[test]
fn a_failing_reader_is_reported() {
    struct Failing;
    impl Read for Failing {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::Error::other("the disk is gone"))
        }
    }
    let (found, error) = from_reader(Reader::new("A: 1\n\nB".as_bytes().chain(Failing)));
    assert_eq!(found.len(), 1);
    assert_eq!(
        error.as_deref(),
        Some("line 3: cannot read on: the disk is gone")
    );
}

fn lines() -> impl Strategy<Value = Vec<u8>> {
    let line = prop_oneof![
        8 => "[A-C]: ?[a-z]{0,5}\n",
        2 => " [a-z.]{1,5}\n",
        2 => "[ \t]{0,2}\r?\n",
        1 => "[A-Ca #:\r\n-]{0,4}",
    ];
    let bytes = prop_oneof![
        20 => line.prop_map(String::into_bytes),
        1 => prop::collection::vec(any::<u8>(), 0..3),
    ];
    prop::collection::vec(bytes, 0..20).prop_map(|lines| lines.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn pieces_do_not_change_what_is_read(
        bytes in lines(),
        sizes in prop::collection::vec(0usize..9, 1..6),
        limit in 0usize..60,
    ) {
        let sizes = if sizes.iter().all(|size| *size == 0) { vec![1] } else { sizes };
        let pieces = Pieces { bytes: &bytes, sizes, next: 0 };
        let whole = Reader::new(bytes.as_slice()).with_limit(limit);
        prop_assert_eq!(from_reader(Reader::new(pieces).with_limit(limit)), from_reader(whole));
    }

    #[test]
    fn text_and_reader_agree(bytes in lines()) {
        if let Ok(text) = std::str::from_utf8(&bytes) {
            prop_assert_eq!(from_reader(Reader::new(text.as_bytes())), from_text(text));
        }
    }

    #[test]
    fn fields_are_found_by_their_names(bytes in lines()) {
        let text = String::from_utf8_lossy(&bytes);
        for paragraph in paragraphs(&text).flatten() {
            for field in paragraph.fields() {
                prop_assert_eq!(paragraph.get(&field.name.to_ascii_lowercase()), Some(field));
                prop_assert_eq!(field.value, field.value.trim_matches([' ', '\t']));
            }
        }
    }
}

/// Splits one text at every place, rather than at random ones.
#[test]
fn every_boundary_of_one_text() {
    let bytes = b"A: 1\r\n x\n\n\nB: caf\xc3\xa9\n\n \nC:\n\xff\n: bad";
    let expected = from_reader(Reader::new(bytes.as_slice()));
    for place in 0..=bytes.len() {
        let (head, tail) = bytes.split_at(place);
        assert_eq!(
            from_reader(Reader::new(head.chain(tail))),
            expected,
            "split at {place}"
        );
    }
}
