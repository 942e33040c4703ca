use super::*;

#[test]
fn zeroes_are_not_written_and_blocks_are_remembered() {
    let size = 100 * BLOCK;
    let mut target = Target::new(vec![0; size as usize], size);
    let mut section = target.section(10 * BLOCK..20 * BLOCK).unwrap();
    section.write_all(&vec![0; 3 * BLOCK as usize]).unwrap();
    section.write_all(&[7; 5000]).unwrap();
    section.seek(SeekFrom::Start(9 * BLOCK - 1)).unwrap();
    section.write_all(&[1, 2]).unwrap();
    assert_eq!(blocks(&target), [(13, 14), (18, 19)]);
    let bytes = target.into_place();
    assert_eq!(
        bytes[13 * BLOCK as usize..][..5001],
        [&[7; 5000][..], &[0]].concat()
    );
    assert_eq!(bytes[19 * BLOCK as usize - 1..][..2], [1, 2]);
}

#[test]
fn what_was_written_can_become_zero_again() {
    let mut target = Target::new(vec![0; 8192], 8192);
    let mut section = target.section(0..8192).unwrap();
    section.write_all(&[9; 100]).unwrap();
    section.seek(SeekFrom::Start(0)).unwrap();
    section.write_all(&[0; 100]).unwrap();
    assert_eq!(target.into_place(), [0; 8192]);
}

#[test]
fn a_part_ends_where_it_ends() {
    let mut target = Target::new(vec![0; 8192], 8192);
    assert!(target.section(4096..8193).is_err());
    let mut section = target.section(0..4096).unwrap();
    assert!(section.write_all(&[1; 4097]).is_err());
    section.seek(SeekFrom::End(-1)).unwrap();
    assert!(section.write_all(&[1, 1]).is_err());
}

#[test]
fn an_image_may_become_longer_and_shorter() {
    let mut target = Target::new(Vec::new(), 0);
    target.set_size(1 << 20).unwrap();
    let mut section = target.section(0..1 << 20).unwrap();
    section.seek(SeekFrom::Start(70 * BLOCK - 2)).unwrap();
    section.write_all(b"abcd").unwrap();
    assert_eq!(blocks(&target), [(69, 70)]);
    let mut found = [9; 8];
    target.read(70 * BLOCK - 4, &mut found).unwrap();
    assert_eq!(&found, b"\0\0abcd\0\0");
    target.read(0, &mut found).unwrap();
    assert_eq!(found, [0; 8]);
    assert!(target.read((1 << 20) - 4, &mut found).is_err());
    target.set_size(70 * BLOCK).unwrap();
    assert_eq!(blocks(&target), [(69, 69)]);
    target.set_size(80 * BLOCK).unwrap();
    assert_eq!(blocks(&target), [(69, 69)], "what was cut off is gone");
    assert_eq!(target.into_place().len(), 80 * 4096);
}

/// The ranges of blocks that hold something, each with its last block.
fn blocks(target: &Target<Vec<u8>>) -> Vec<(u64, u64)> {
    let mut ranges = Vec::new();
    let mut offset = 0;
    while offset < target.size() {
        let (end, holds) = target.run(offset, target.size());
        if holds {
            ranges.push((offset / BLOCK, (end - 1) / BLOCK));
        }
        offset = end;
    }
    ranges
}
