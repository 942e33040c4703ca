use super::*;

#[test]
fn the_map_names_the_blocks_and_its_own_digest() {
    let image: Vec<u8> = (0..10_000_u32).map(|at| at as u8).collect();
    let first = Sha256::of(&image[..4096]);
    let rest = Sha256::of(&image[4096..]);
    let range = |first, last, sha256| Mapped {
        first,
        last,
        sha256,
    };
    let text = map(10_000, &[range(0, 0, first), range(1, 2, rest)]);
    assert!(
        text.contains(&format!("<Range chksum=\"{first}\">0</Range>")),
        "{text}"
    );
    assert!(
        text.contains(&format!("<Range chksum=\"{rest}\">1-2</Range>")),
        "{text}"
    );
    assert!(
        text.contains("<MappedBlocksCount>3</MappedBlocksCount>"),
        "{text}"
    );
    let (_, after) = text.split_once("<BmapFileChecksum>").unwrap();
    let own = &after[..64];
    let blank = text.replacen(own, UNKNOWN, 1);
    assert_eq!(Sha256::of(blank.as_bytes()).to_string(), own);
}
