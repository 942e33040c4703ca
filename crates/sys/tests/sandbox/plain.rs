//! What the sandbox is for: rooms answer, programs run in their tree, limits hold.

use std::time::{Duration, Instant};

use formwork_sys::sandbox::{self, Order, SandboxError};

use crate::rooms::Wish;
use crate::{Test, trees};

pub(crate) const TESTS: &[Test] = &[
    ("a_room_answers", a_room_answers),
    ("a_panic_is_told", a_panic_is_told),
    (
        "a_program_sees_its_tree_and_no_more",
        a_program_sees_its_tree_and_no_more,
    ),
    (
        "every_program_has_the_same_limits",
        every_program_has_the_same_limits,
    ),
    ("codes_and_signals_come_back", codes_and_signals_come_back),
    ("input_directory_and_binds", input_directory_and_binds),
    ("the_time_of_programs_counts", the_time_of_programs_counts),
    ("what_cannot_start_is_named", what_cannot_start_is_named),
    ("limits_end_a_program", limits_end_a_program),
    ("strays_are_killed_and_named", strays_are_killed_and_named),
    ("disks_are_not_waited_for", disks_are_not_waited_for),
    (
        "a_full_tree_is_the_programs_trouble",
        a_full_tree_is_the_programs_trouble,
    ),
    ("one_run_costs_little", one_run_costs_little),
];

/// What a room says while it works, and what it answers.
type Said = (Vec<Vec<u8>>, Result<Result<Vec<u8>, Vec<u8>>, SandboxError>);

fn ask(room: &str, input: &[u8]) -> Said {
    let order = Order {
        room,
        input: input.to_vec(),
    };
    let mut messages = Vec::new();
    let answer = sandbox::run(&order, &mut |message| messages.push(message.to_vec()));
    (messages, answer)
}

fn a_room_answers() {
    let (messages, answer) = ask("echo", b"hello");
    assert_eq!(answer.unwrap(), Ok(b"hello".to_vec()));
    assert_eq!(messages, [b"got".to_vec(), b"hello".to_vec()]);
    let large = vec![7; 5_000_000];
    assert_eq!(ask("echo", &large).1.unwrap(), Ok(large));
    assert_eq!(ask("echo", b"no").1.unwrap(), Err(b"refused".to_vec()));
    let unknown = ask("cellar", b"").1.unwrap_err().to_string();
    assert_eq!(
        unknown,
        "the sandbox cannot open \"cellar\": this program has no such room"
    );
    sandbox::privilege().unwrap();
}

fn a_panic_is_told() {
    let error = ask("panic", b"why").1.unwrap_err().to_string();
    assert!(
        error.contains("on purpose: why") && error.contains("rooms.rs"),
        "{error}"
    );
}

fn a_program_sees_its_tree_and_no_more() {
    let script = "
        id -u; id -g; hostname; ls /; echo; ls /dev; cat /proc/1/comm; ls /proc/1/root || echo hidden;
        echo $$ ; pwd; env; umask; nothing=$(cat); echo \"<$nothing>\"; ls /sys; ls /proc/self/fd
        touch /dev/shm/x && echo x >/dev/null && echo x >/dev/full || echo full";
    let (ended, output) = Wish::script(trees::shared(), script).run().unwrap();
    assert_eq!((ended.code, &ended.strays), (0, &Vec::new()), "{output}");
    assert!(
        output.starts_with("0\n0\nlocalhost\nbin\ndev\netc\nlib\n"),
        "{output}"
    );
    assert!(
        output.contains(
            "\nfd\nfull\nnull\nptmx\npts\nrandom\nshm\nstderr\nstdin\nstdout\ntty\nurandom\nzero\n"
        ),
        "{output}"
    );
    assert!(output.ends_with("full\n"), "{output}");
}

fn every_program_has_the_same_limits() {
    let script = "ulimit -c; ulimit -n; ulimit -H -n; umask; cat /proc/self/oom_score_adj";
    let (_, output) = Wish::script(trees::shared(), script).run().unwrap();
    assert_eq!(output, "0\n1024\n4096\n0022\n500\n");
}

fn codes_and_signals_come_back() {
    for (script, code) in [
        ("exit 0", 0),
        ("exit 7", 7),
        ("kill -9 $$", 137),
        ("kill -TERM $$", 143),
    ] {
        let (ended, _) = Wish::script(trees::shared(), script).run().unwrap();
        assert_eq!(ended.code, code, "{script}");
    }
    let (ended, output) = Wish::script(trees::shared(), "echo one; echo two >&2; exit 1")
        .run()
        .unwrap();
    assert_eq!(output, "one\ntwo\n");
    assert_eq!(ended.tail, "one\ntwo");
}

/// The time that the ended children of this process and theirs have taken, in ticks of 10 ms.
fn ticks() -> u64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let (_, fields) = stat.rsplit_once(')').unwrap();
    let fields = fields.split_whitespace().skip(13).take(2);
    fields.map(|field| field.parse::<u64>().unwrap()).sum()
}

fn the_time_of_programs_counts() {
    let took = |script: &str| {
        let before = ticks();
        let (ended, _) = Wish::script(trees::shared(), script).run().unwrap();
        assert_eq!(ended.code, 0);
        ticks() - before
    };
    let nothing = took("true");
    let count = "n=0; while [ $n -lt 500000 ]; do n=$((n + 1)); done";
    // A child of the program, and the program itself; each takes a quarter of a second and more.
    let counting = took(&format!("({count}); {count}"));
    assert!(
        counting >= nothing + 20,
        "{counting} ticks beside {nothing}"
    );
    // The room hears of it at once.
    let wish = Wish::script(trees::shared(), count);
    let (ended, _) = wish.run_in("taken").unwrap().unwrap();
    let told: Vec<u64> = ended
        .tail
        .split(' ')
        .map(|number| number.parse().unwrap())
        .collect();
    assert!(told[0] < 100 && told[1] >= told[0] + 100, "{told:?}");
}

fn input_directory_and_binds() {
    let host = tempfile::tempdir().unwrap();
    std::fs::write(host.path().join("file"), "of the host").unwrap();
    let mut wish = Wish::script(
        trees::shared(),
        "pwd; cat; cat /srv/file; touch /srv/new || echo no",
    );
    wish.program.directory = "/etc".into();
    wish.program.input = b"x".repeat(300_000);
    wish.program.hostname = "device".into();
    wish.program.read_only_binds = vec![(host.path().to_owned(), "/srv".into())];
    let (_, output) = wish.run().unwrap();
    assert!(output.starts_with("/etc\nxxx"), "{}", &output[..20]);
    assert!(output.contains("xxxof the host"));
    assert!(output.ends_with("no\n"));
    // A program that does not read its input is none the worse for it.
    wish.program.argv = vec!["/bin/sh".into(), "-c".into(), "exit 3".into()];
    assert_eq!(wish.run().unwrap().0.code, 3);
}

fn what_cannot_start_is_named() {
    let missing = Wish::new(trees::shared(), &["/usr/bin/nothing"])
        .run()
        .unwrap_err();
    assert_eq!(
        missing,
        "cannot start /usr/bin/nothing in the tree: No such file or directory (os error 2)"
    );
    let mut elsewhere = Wish::script(trees::shared(), "true");
    elsewhere.program.directory = "/nowhere".into();
    let elsewhere = elsewhere.run().unwrap_err();
    assert!(
        elsewhere.contains("go to /nowhere in the tree"),
        "{elsewhere}"
    );
    let (ended, _) = Wish::new(trees::shared(), &["id"]).run().unwrap();
    assert_eq!(ended.code, 0, "a name is sought in PATH");
}

fn limits_end_a_program() {
    let mut wish = Wish::script(trees::shared(), "trap '' TERM INT; echo begun; sleep 60");
    wish.program.limits.time = Duration::from_millis(300);
    let error = wish.run().unwrap_err();
    assert_eq!(
        error,
        "/bin/sh was stopped after 0 s; its last lines:\nbegun"
    );
    wish.program.limits.time = Duration::from_secs(30);
    wish.program.limits.silence = Duration::from_millis(300);
    let error = wish.run().unwrap_err();
    assert_eq!(
        error,
        "/bin/sh was stopped after 0 s without a word; its last lines:\nbegun"
    );
    let mut loud = Wish::new(trees::shared(), &["/bin/yes", "loud"]);
    loud.program.limits.output = 1_000_000;
    let error = loud.run().unwrap_err();
    assert!(
        error.starts_with("/bin/yes was stopped: it wrote more than 1000000 bytes;"),
        "{error}"
    );
    let mut stopped = Wish::script(trees::shared(), "kill -STOP $$");
    stopped.program.limits.time = Duration::from_millis(300);
    assert!(stopped.run().unwrap_err().contains("was stopped after"));
}

fn strays_are_killed_and_named() {
    let script = "setsid sleep 77 & sleep 88 >/dev/null 2>&1 & echo done";
    let (ended, output) = Wish::script(trees::shared(), script).run().unwrap();
    assert_eq!(output, "done\n");
    assert_eq!(ended.strays, ["sleep 77", "sleep 88"]);
    // What ends by itself in a moment is none.
    let (ended, _) = Wish::script(trees::shared(), "sleep 0.05 & exit 0")
        .run()
        .unwrap();
    assert_eq!(ended.strays, Vec::<String>::new());
}

fn disks_are_not_waited_for() {
    let script = "for i in 1 2 3 4 5 6 7 8 9; do sync; sync -f /etc; dd if=/dev/zero of=/tmp/z bs=1M count=8 conv=fsync; done; rm /tmp/z";
    let (ended, output) = Wish::script(trees::shared(), script).run().unwrap();
    assert_eq!(ended.code, 0, "{output}");
}

fn a_full_tree_is_the_programs_trouble() {
    let script = "dd if=/dev/zero of=/tmp/fill bs=1M; echo code $?";
    let (ended, output) = Wish::script(trees::shared(), script)
        .run_in("memory")
        .unwrap()
        .unwrap();
    assert_eq!(ended.code, 0, "{output}");
    assert!(
        output.contains("No space left on device") && output.contains("code 1"),
        "{output}"
    );
}

/// A few milliseconds on an idle machine; what the bounds catch is waiting for something.
fn one_run_costs_little() {
    let wish = Wish::new(trees::shared(), &["/bin/sleep", "0"]);
    let (ended, _) = wish.run_in("many").unwrap().unwrap();
    let apiece: u64 = ended.tail.parse().unwrap();
    let start = Instant::now();
    (0..10).for_each(|_| assert_eq!(ask("echo", b"").1.unwrap(), Ok(Vec::new())));
    let sandbox = start.elapsed().as_micros() / 10;
    println!("one sandbox costs {sandbox} µs, one run of a program in it {apiece} µs");
    assert!(apiece < 250_000 && sandbox < 1_000_000);
}
