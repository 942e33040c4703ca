//! The sandbox as it is: real processes, real mounts, as whoever runs the test.

#![allow(clippy::unwrap_used)]

mod attack;
mod ends;
mod foreign;
mod plain;
mod rooms;
mod rootless;
mod trees;

use formwork_sys::sandbox;

/// A test by its name.
type Test = (&'static str, fn());

fn main() {
    attack::dispatch();
    sandbox::dispatch(rooms::TABLE);
    let mut words: Vec<String> = std::env::args().skip(1).collect();
    rootless::begin(&mut words);
    ends::begin(&words);
    if let [word, room, tree, script] = &words[..]
        && word == "--run"
    {
        by_hand(room, tree, script);
        return;
    }
    let tests: Vec<Test> = [
        plain::TESTS,
        attack::TESTS,
        ends::TESTS,
        foreign::TESTS,
        rootless::TESTS,
    ]
    .concat();
    if words.iter().any(|word| word == "--list") {
        tests.iter().for_each(|(name, _)| println!("{name}: test"));
        return;
    }
    let filters: Vec<&String> = words.iter().filter(|word| !word.starts_with('-')).collect();
    let mut failed = Vec::new();
    let mut count = 0;
    for (name, test) in tests {
        if !filters.is_empty() && !filters.iter().any(|filter| name.contains(*filter)) {
            continue;
        }
        count += 1;
        let start = std::time::Instant::now();
        let answer = std::panic::catch_unwind(test);
        let word = if answer.is_ok() { "ok" } else { "FAILED" };
        println!(
            "test {name} ... {word} ({:.2} s)",
            start.elapsed().as_secs_f64()
        );
        if answer.is_err() {
            failed.push(name);
        }
    }
    println!("{count} tests of the sandbox, {} failed", failed.len());
    if !failed.is_empty() {
        println!("failed: {}", failed.join(", "));
        std::process::exit(101);
    }
}

/// `--run ROOM TREE SCRIPT` runs a script in a tree, for trying things out.
fn by_hand(room: &str, tree: &str, script: &str) {
    match rooms::Wish::script(tree.as_ref(), script).run_in(room) {
        Ok(Ok((ended, output))) => {
            println!("{output}code {}, strays {:?}", ended.code, ended.strays);
            println!("{}", if room == "foreign" { &ended.tail } else { "" });
        }
        Ok(Err(error)) => println!("{error}"),
        Err(error) => println!("{error}"),
    }
}
