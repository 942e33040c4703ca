use super::*;

#[test]
fn a_field_with_everything() {
    let text =
        "a | b:any (>= 1:2.0~rc1-3) ,\n c(<<2)[!i386 linux-any]<!nocheck cross> <stage1>, d (1),";
    let groups = parse_groups(text).expect("a good field");
    let texts: Vec<&str> = groups.iter().map(|group| group.text).collect();
    assert_eq!(
        texts,
        [
            "a | b:any (>= 1:2.0~rc1-3)",
            "c(<<2)[!i386 linux-any]<!nocheck cross> <stage1>",
            "d (1)"
        ]
    );
    let canonical: Vec<String> = groups.iter().map(Group::to_string).collect();
    assert_eq!(
        canonical,
        [
            "a | b:any (>= 1:2.0~rc1-3)",
            "c (<< 2) [!i386 linux-any] <!nocheck cross> <stage1>",
            "d (= 1)"
        ]
    );
}
