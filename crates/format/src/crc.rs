//! CRC-32C (Castagnoli) without the inversions at its beginning and end, as file systems have it.

const POLYNOMIAL: u32 = 0x82f6_3b78;

/// What a byte adds to a sum that so many bytes follow: eight bytes are taken at a time.
static TABLES: [[u32; 256]; 8] = tables();

const fn tables() -> [[u32; 256]; 8] {
    let mut tables = [[0; 256]; 8];
    let mut byte = 0;
    while byte < 256 {
        let mut sum = byte as u32;
        let mut bit = 0;
        while bit < 8 {
            sum = (sum >> 1) ^ if sum & 1 == 1 { POLYNOMIAL } else { 0 };
            bit += 1;
        }
        tables[0][byte] = sum;
        byte += 1;
    }
    let mut place = 1;
    while place < 8 {
        let mut byte = 0;
        while byte < 256 {
            let sum = tables[place - 1][byte];
            tables[place][byte] = (sum >> 8) ^ tables[0][(sum & 0xff) as usize];
            byte += 1;
        }
        place += 1;
    }
    tables
}

/// Goes on with a sum; one begins with all ones.
pub(crate) fn crc32c(sum: u32, bytes: &[u8]) -> u32 {
    let (words, rest) = bytes.as_chunks::<8>();
    let sum = words.iter().fold(sum, |sum, word| {
        let word = u64::from_le_bytes(*word) ^ u64::from(sum);
        let bytes = word.to_le_bytes();
        (0..8).fold(0, |sum, place| {
            sum ^ TABLES[7 - place][usize::from(bytes[place])]
        })
    });
    rest.iter().fold(sum, |sum, byte| {
        let [low, ..] = sum.to_le_bytes();
        (sum >> 8) ^ TABLES[0][usize::from(low ^ byte)]
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_check_value_of_the_catalogue() {
        assert_eq!(!crc32c(u32::MAX, b"123456789"), 0xe306_9283);
    }

    #[test]
    fn it_may_be_taken_in_pieces() {
        let bytes: Vec<u8> = (0..100).collect();
        let whole = crc32c(7, &bytes);
        for middle in 0..bytes.len() {
            let (left, right) = bytes.split_at(middle);
            assert_eq!(crc32c(crc32c(7, left), right), whole, "{middle}");
        }
    }
}
