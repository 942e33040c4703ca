//! The hash of names by which directories are sorted: MD4 with half of its steps.

/// The state if there is no seed: that of MD4.
const BEGIN: [u32; 4] = [0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476];
/// What each round adds, in which order it takes the words, and by how much it turns.
const ROUNDS: [(u32, [usize; 8], [u32; 4]); 3] = [
    (0, [0, 1, 2, 3, 4, 5, 6, 7], [3, 7, 11, 19]),
    (0x5a82_7999, [1, 3, 5, 7, 0, 2, 4, 6], [3, 5, 9, 13]),
    (0x6ed9_eba1, [3, 7, 2, 6, 1, 5, 0, 4], [3, 9, 11, 15]),
];
/// What stands for the end of a directory: no name has it.
const END: u32 = 0xffff_fffe;
/// Bytes of a name that are taken at a time.
const PIECE: usize = 32;

/// The hash of a name, of which the lowest bit is free, and what orders names of equal hash.
pub(super) fn of(name: &[u8], seed: &[u8; 16]) -> (u32, u32) {
    let (words, _) = seed.as_chunks::<4>();
    let mut state = BEGIN;
    if *seed != [0; 16] {
        for (state, word) in state.iter_mut().zip(words) {
            *state = u32::from_le_bytes(*word);
        }
    }
    for piece in name.chunks(PIECE) {
        mix(&mut state, &words_of(piece));
    }
    let hash = match state[1] & !1 {
        END => END - 2,
        hash => hash,
    };
    (hash, state[2])
}

/// Words of four letters each, which count as signed numbers; what is missing is made up of the
/// length.
fn words_of(piece: &[u8]) -> [u32; 8] {
    let filling = u32::from_le_bytes([piece.len() as u8; 4]);
    let mut words = [filling; 8];
    for (word, letters) in words.iter_mut().zip(piece.chunks(4)) {
        *word = letters.iter().fold(filling, |word, letter| {
            let letter = i32::from(letter.cast_signed()).cast_unsigned();
            (word << 8).wrapping_add(letter)
        });
    }
    words
}

fn mix(state: &mut [u32; 4], words: &[u32; 8]) {
    let mut mixed = *state;
    for (round, (added, order, turns)) in ROUNDS.into_iter().enumerate() {
        for (step, word) in order.into_iter().enumerate() {
            let [a, b, c, d] = mixed;
            let chosen = match round {
                0 => (b & c) | (!b & d),
                1 => (b & c) | (b & d) | (c & d),
                _ => b ^ c ^ d,
            };
            let sum = a.wrapping_add(chosen).wrapping_add(words[word]);
            let turned = sum.wrapping_add(added).rotate_left(turns[step % 4]);
            // The next step takes the next part of the state.
            mixed = [d, turned, b, c];
        }
    }
    for (state, mixed) in state.iter_mut().zip(mixed) {
        *state = state.wrapping_add(mixed);
    }
}
