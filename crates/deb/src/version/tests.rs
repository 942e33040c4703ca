use super::*;

#[test]
fn order_of_a_table() {
    // Each line is strictly older than the next.
    let ascending = [
        "~~",
        "~",
        "0",
        "0.9~rc1",
        "0.9",
        "0.9a",
        "0.9+b1",
        "0.9.1",
        "1~~",
        "1~~a",
        "1~",
        "1",
        "1-1~bpo12+1",
        "1-1",
        "1-1+b1",
        "1-1.1",
        "1-2",
        "1-10",
        "1a",
        "1:0",
        "1:0.1",
        "10:0",
    ];
    for (left_index, left) in ascending.iter().enumerate() {
        for (right_index, right) in ascending.iter().enumerate() {
            let expected = left_index.cmp(&right_index);
            // `~` and `~~` alone are no versions, but have their place.
            assert_eq!(compare(left, right), expected, "{left} against {right}");
        }
    }
}
