//! The security group's proposals on the real archive: flattened, checked, exported, revised,
//! reviewed and closed, for three releases of Debian.
//!
//! What the steps must do is said once, in `formwork_testkit::proposals`; the tests of the command
//! line walk the same way on a toy archive.

use std::time::Instant;

use formwork_testkit::env::Home;
use formwork_testkit::proposals::Example;

use super::{Findings, documents};
use crate::source;

pub(super) fn check() -> Findings {
    let program = documents::formwork()?.display().to_string();
    let directory = source::root().join("examples/security-wg");
    let mut home = Home::new();
    home.set("FORMWORK_ROOT", "/");
    let walk = || {
        let example = Example::new(&home, &program, &directory);
        // So that no step is timed or told that fetches for the first time.
        let _ = example.run(&["propose", "flat", "2", "--quiet"]).exits(0);
        let start = Instant::now();
        let _ = example
            .run(&["propose", "flat", "2", "--format", "src-bin"])
            .exits(0);
        println!("propose flat, warm: {} ms", start.elapsed().as_millis());
        example.walk();
    };
    // A step that does not do what it must panics, with all that was printed.
    match std::panic::catch_unwind(std::panic::AssertUnwindSafe(walk)) {
        Ok(()) => Ok(Vec::new()),
        Err(_) => Ok(vec![
            "the walk through examples/security-wg stopped: see above".to_owned(),
        ]),
    }
}
