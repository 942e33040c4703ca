//! LZ4 blocks, as `lz4_Block_format.md` of LZ4 describes them: sequences of literals, each but
//! the last with a match behind it that repeats bytes of up to 65,535 bytes before.
//!
//! A sequence is a token, whose upper half counts the literals and whose lower half the bytes
//! of the match beyond four, then more of the first count, the literals, the distance of the
//! match in two bytes, and more of the second count. A count of 15 goes on with bytes that are
//! added until one is not 255. The last five bytes are literals, and no match begins in the
//! last twelve.

/// The shortest match.
const SHORTEST: usize = 4;
/// Bytes at the end that are literals.
const LAST_LITERALS: usize = 5;
/// Bytes at the end in which no match begins.
const NO_MATCH: usize = 12;
/// The longest distance of a match.
const WINDOW: usize = 65_535;
/// After how many literals the search takes larger steps.
const PATIENCE: usize = 64;

/// Packs a block; `depth` places are looked at for each match.
pub(super) fn pack(block: &[u8], depth: u32) -> Vec<u8> {
    let mut out = Vec::with_capacity(block.len() / 2);
    let mut finder = Finder::new(block, depth);
    let last = block.len().saturating_sub(NO_MATCH);
    let (mut anchor, mut at) = (0, 0);
    while at < last {
        let Some(mut found) = finder.find(at) else {
            // Nothing for long: it will hardly pack at all.
            at += 1 + (at - anchor) / PATIENCE;
            continue;
        };
        // A longer match that begins one byte later is worth a literal.
        while let Some(later) = finder
            .find(at + 1)
            .filter(|later| at + 1 < last && later.length > found.length)
        {
            at += 1;
            found = later;
        }
        while at > anchor && found.start > 0 && block[at - 1] == block[found.start - 1] {
            at -= 1;
            found.start -= 1;
            found.length += 1;
        }
        sequence(
            &mut out,
            &block[anchor..at],
            Some((at - found.start, found.length)),
        );
        at += found.length;
        anchor = at;
    }
    sequence(&mut out, &block[anchor..], None);
    out
}

/// Bytes that were there before.
#[derive(Clone, Copy, Debug)]
struct Match {
    start: usize,
    length: usize,
}

/// Finds earlier places with the same bytes.
struct Finder<'a> {
    block: &'a [u8],
    depth: u32,
    /// By the hash of four bytes, the last place that has them, and one.
    heads: Vec<u32>,
    /// By the lower half of a place, how far before it lies the last one with the same hash.
    chain: Vec<u16>,
    shift: u32,
    /// The first place that is not known yet.
    next: usize,
}

impl<'a> Finder<'a> {
    fn new(block: &'a [u8], depth: u32) -> Finder<'a> {
        let bits = block.len().max(2).ilog2().clamp(8, 15);
        Finder {
            block,
            depth,
            heads: vec![0; 1 << bits],
            chain: vec![0; block.len().min(WINDOW + 1)],
            shift: 32 - bits,
            next: 0,
        }
    }

    /// The longest match for the bytes from `at`; all places before are known then.
    fn find(&mut self, at: usize) -> Option<Match> {
        let block = self.block;
        let end = block.len().checked_sub(LAST_LITERALS)?;
        if at + SHORTEST > end {
            return None;
        }
        while self.next < at {
            self.learn(self.next);
            self.next += 1;
        }
        let first = word(block, at);
        let mut place = (self.heads[self.hash(first)] as usize).checked_sub(1)?;
        let mut best: Option<Match> = None;
        for _ in 0..self.depth {
            if at - place > WINDOW {
                break;
            }
            let least = best.map_or(SHORTEST - 1, |best| best.length);
            let is_better = at + least < end && block[place + least] == block[at + least];
            if is_better && word(block, place) == first {
                let length =
                    SHORTEST + common(&block[place + SHORTEST..], &block[at + SHORTEST..end]);
                if length > least {
                    best = Some(Match {
                        start: place,
                        length,
                    });
                }
            }
            match self.chain[place % (WINDOW + 1)] {
                0 => break,
                step if usize::from(step) > place => break,
                step => place -= usize::from(step),
            }
        }
        best
    }

    fn learn(&mut self, place: usize) {
        let hash = self.hash(word(self.block, place));
        let step = match self.heads[hash] as usize {
            0 => 0,
            before => u16::try_from(place + 1 - before).unwrap_or(0),
        };
        self.chain[place % (WINDOW + 1)] = step;
        self.heads[hash] = place as u32 + 1;
    }

    fn hash(&self, word: u32) -> usize {
        (word.wrapping_mul(0x9e37_79b1) >> self.shift) as usize
    }
}

/// Four bytes from a place; fewer than are there are none.
fn word(block: &[u8], at: usize) -> u32 {
    let bytes = block.get(at..at + 4);
    bytes.map_or(0, |bytes| {
        u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]])
    })
}

/// How many bytes two pieces have in common at their beginning.
fn common(left: &[u8], right: &[u8]) -> usize {
    let mut count = 0;
    for (left, right) in left.chunks_exact(8).zip(right.chunks_exact(8)) {
        let [mut one, mut other] = [[0; 8]; 2];
        one.copy_from_slice(left);
        other.copy_from_slice(right);
        let difference = u64::from_le_bytes(one) ^ u64::from_le_bytes(other);
        if difference != 0 {
            return count + (difference.trailing_zeros() / 8) as usize;
        }
        count += 8;
    }
    let rest = left[count..].iter().zip(&right[count..]);
    count + rest.take_while(|(left, right)| left == right).count()
}

/// Writes a sequence; the last one has no match.
fn sequence(out: &mut Vec<u8>, literals: &[u8], repeated: Option<(usize, usize)>) {
    let more = repeated.map_or(0, |(_, length)| length - SHORTEST);
    out.push((literals.len().min(15) << 4 | more.min(15)) as u8);
    count(out, literals.len());
    out.extend_from_slice(literals);
    if let Some((distance, _)) = repeated {
        out.extend((distance as u16).to_le_bytes());
        count(out, more);
    }
}

/// What the half of a token has no room for.
fn count(out: &mut Vec<u8>, number: usize) {
    if let Some(mut rest) = number.checked_sub(15) {
        while rest >= 255 {
            out.push(255);
            rest -= 255;
        }
        out.push(rest as u8);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The bytes of a packed block that are still to be read.
    struct Reader<'a>(&'a [u8]);

    impl Reader<'_> {
        fn byte(&mut self) -> u8 {
            let (first, rest) = self.0.split_first().unwrap();
            self.0 = rest;
            *first
        }

        fn count(&mut self, half: u8) -> usize {
            let mut count = usize::from(half);
            let mut more = half == 15;
            while more {
                let byte = self.byte();
                count += usize::from(byte);
                more = byte == 255;
            }
            count
        }
    }

    /// Unpacks as the description has it, and refuses what it forbids.
    fn unpack(packed: &[u8]) -> Vec<u8> {
        let mut out: Vec<u8> = Vec::new();
        let mut reader = Reader(packed);
        let mut last_match = None;
        loop {
            let token = reader.byte();
            let literals = reader.count(token >> 4);
            for _ in 0..literals {
                out.push(reader.byte());
            }
            if reader.0.is_empty() {
                let end = out.len();
                assert!(
                    last_match.is_none_or(|at| end - at >= NO_MATCH && literals >= LAST_LITERALS)
                );
                return out;
            }
            let distance = usize::from(u16::from_le_bytes([reader.byte(), reader.byte()]));
            let length = reader.count(token & 15) + SHORTEST;
            last_match = Some(out.len());
            assert!((1..=out.len()).contains(&distance), "{distance}");
            for _ in 0..length {
                out.push(out[out.len() - distance]);
            }
        }
    }

    #[test]
    fn every_kind_of_block_comes_back() {
        let mut state = 1_u64;
        let mut noise = || {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            (state >> 56) as u8
        };
        let random: Vec<u8> = (0..150_000).map(|_| noise()).collect();
        let words: Vec<u8> = (0..150_000_u32)
            .map(|at| b"the quick brown fox"[(at as usize * 7 + (noise() & 3) as usize) % 19])
            .collect();
        let far = [&random[..70_000], &random[..70_000], &random[..3_000]].concat();
        for whole in [&random, &words, &far, &vec![0; 140_000]] {
            for length in (0..40).chain([255, 4096, 65_536, 65_600, 131_072, whole.len()]) {
                let block = &whole[..length.min(whole.len())];
                for depth in [1, 16] {
                    let packed = pack(block, depth);
                    assert!(unpack(&packed) == block, "{length} {depth}");
                    assert!(packed.len() <= block.len() + block.len() / 255 + 16);
                }
            }
        }
        assert!(pack(&[0; 131_072], 16).len() < 600);
        assert!(pack(&words, 16).len() < pack(&words, 1).len());
        // What lies 70,000 bytes before is too far away, 50,000 are not.
        assert!(pack(&far[..73_000], 16).len() > 73_000);
        let near = [&random[..50_000], &random[..50_000]].concat();
        assert!(pack(&near, 16).len() < 51_000);
    }
}
