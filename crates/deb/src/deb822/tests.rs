use super::*;

#[test]
fn two_paragraphs() {
    let text = "\n\nA: 1\nLong:\n x\n y\n\n \nB:2\r\nC:  3 \r\n";
    let all: Vec<Paragraph<'_>> = paragraphs(text)
        .collect::<Result<_, _>>()
        .expect("good text");
    assert_eq!(all.len(), 2);
    assert_eq!(all[0].line(), 3);
    assert_eq!(
        all[0].get("long").map(|field| field.value),
        Some("\n x\n y")
    );
    assert_eq!(
        all[1].get("C"),
        Some(Field {
            name: "C",
            value: "3",
            line: 10
        })
    );
    let mut reader = Reader::new(text.as_bytes());
    for expected in &all {
        let found = reader.next().expect("good text").expect("a paragraph");
        assert!(found.fields().eq(expected.fields()));
    }
    assert!(reader.next().expect("good text").is_none());
}
