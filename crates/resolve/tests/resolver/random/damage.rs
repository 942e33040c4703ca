//! Damaged universes: whatever the bytes say, no question about them panics or runs away.

use super::dice::Dice;
use super::generator::generate;
use super::properties::{build, request};
use formwork_deb::universe::Universe;
use formwork_resolve::{
    Failure, InstallableOptions, check, explain, explain_broken, installable, solve,
};

const CASES: u64 = 400;

fn damage(bytes: &mut Vec<u8>, dice: &mut Dice) {
    for _ in 0..=dice.below(12) {
        let place = dice.below(bytes.len());
        match dice.below(4) {
            0 => bytes[place] ^= 1 << dice.below(8),
            1 => bytes[place] = dice.next() as u8,
            2 => bytes[place] = 0xff,
            _ => {
                // A whole word, so that numbers near the valid ones are tried too.
                let word = place / 4 * 4;
                let small = dice.below(200) as u32;
                if let Some(bytes) = bytes.get_mut(word..word + 4) {
                    bytes.copy_from_slice(&small.to_ne_bytes());
                }
            }
        }
    }
    if dice.chance(5) {
        bytes.truncate(dice.below(bytes.len()));
    }
}

fn ask_everything(bytes: &[u8], case: &super::generator::Case) {
    let Ok(universe) = Universe::open(bytes) else {
        return;
    };
    let request = request(case);
    match solve(&universe, &request) {
        Ok(solution) => {
            let _ = check(&universe, &request, &solution.packages);
            solution.reasons(&universe);
        }
        Err(Failure::Conflict(conflict)) => drop(explain(&universe, &conflict)),
        Err(Failure::Wishes(_)) => {}
    }
    for broken in installable(&universe, InstallableOptions::default()).broken {
        explain_broken(&universe, &broken);
    }
}

#[test]
fn nothing_panics() {
    let mut opened = 0;
    for seed in 0..CASES {
        let mut dice = Dice::new(seed);
        // Small universes: more of what is hit matters.
        let case = (0..)
            .map(|turn| generate(seed + turn * CASES))
            .find(|case| {
                case.suites
                    .iter()
                    .map(|(_, _, text)| text.len())
                    .sum::<usize>()
                    < 6000
            });
        let case = case.expect("some are small");
        let mut bytes = build(&case);
        damage(&mut bytes, &mut dice);
        opened += u32::from(Universe::open(&bytes).is_ok());
        let run = std::panic::AssertUnwindSafe(|| ask_everything(&bytes, &case));
        assert!(std::panic::catch_unwind(run).is_ok(), "seed {seed}");
    }
    assert!(
        opened > CASES as u32 / 4,
        "{opened} opened: the rest proves nothing"
    );
}
