//! CRC-32C (Castagnoli) as the superblock has it: begun with all ones, and not inverted at the end.

const POLYNOMIAL: u32 = 0x82f6_3b78;

pub(super) fn crc32c(bytes: &[u8]) -> u32 {
    bytes.iter().fold(u32::MAX, |sum, byte| {
        (0..8).fold(sum ^ u32::from(*byte), |sum, _| {
            (sum >> 1) ^ if sum & 1 == 1 { POLYNOMIAL } else { 0 }
        })
    })
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_check_value_of_the_catalogue() {
        assert_eq!(!super::crc32c(b"123456789"), 0xe306_9283);
    }
}
