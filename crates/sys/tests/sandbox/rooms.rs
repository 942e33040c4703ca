//! The rooms of the test program, and how a test asks one for something.

use std::path::{Path, PathBuf};
use std::time::Duration;

use formwork_sys::sandbox::{self, Ended, Inside, Limits, Main, Order, Program, SandboxError};

pub(crate) const TABLE: &[(&str, Main)] = &[
    ("echo", echo),
    ("panic", panic),
    ("program", program),
    ("taken", taken),
    ("memory", memory),
    ("many", many),
    ("busy", crate::ends::busy),
    ("foreign", crate::foreign::foreign),
    ("vax", crate::foreign::vax),
];

fn echo(inside: &Inside, input: Vec<u8>) -> Result<Vec<u8>, Vec<u8>> {
    inside.send(b"got");
    inside.send(&input);
    if input == b"no" {
        Err(b"refused".to_vec())
    } else {
        Ok(input)
    }
}

/// Runs a program, and says as its last words how many milliseconds all have taken before and now.
fn taken(inside: &Inside, input: Vec<u8>) -> Result<Vec<u8>, Vec<u8>> {
    let failed = |error: SandboxError| error.to_string().into_bytes();
    let wish = Wish::unpack(&input);
    let before = inside.taken().map_err(failed)?;
    let ended = inside
        .run(&wish.tree, &wish.program, &mut |_| {})
        .map_err(failed)?;
    let after = inside.taken().map_err(failed)?;
    Ok(pack(Ended {
        tail: format!("{} {}", before.as_millis(), after.as_millis()),
        ..ended
    }))
}

fn panic(_: &Inside, input: Vec<u8>) -> Result<Vec<u8>, Vec<u8>> {
    panic!("on purpose: {}", String::from_utf8_lossy(&input));
}

/// What a test wants to run, as the room gets it: parts with a zero byte between them.
#[derive(Clone)]
pub(crate) struct Wish {
    pub(crate) tree: PathBuf,
    pub(crate) program: Program,
}

impl Wish {
    pub(crate) fn new(tree: &Path, argv: &[&str]) -> Wish {
        let mut program = Program::new(argv.iter().copied());
        let path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
        program.environment = vec![("PATH".into(), path.into())];
        program.limits.time = Duration::from_secs(30);
        Wish {
            tree: tree.to_owned(),
            program,
        }
    }

    /// A script for the tree's shell.
    pub(crate) fn script(tree: &Path, script: &str) -> Wish {
        Wish::new(tree, &["/bin/sh", "-c", script])
    }

    fn pack(&self) -> Vec<u8> {
        let program = &self.program;
        let binds = program.read_only_binds.iter();
        let mut parts = vec![
            self.tree.display().to_string(),
            program.limits.time.as_millis().to_string(),
            program.limits.silence.as_millis().to_string(),
            program.limits.output.to_string(),
            String::from_utf8(program.input.clone()).unwrap(),
            program.directory.display().to_string(),
            program.hostname.clone(),
            binds
                .map(|(from, to)| format!("{}:{}", from.display(), to.display()))
                .collect::<Vec<_>>()
                .join(","),
        ];
        parts.extend(program.argv.iter().cloned());
        parts.join("\0").into_bytes()
    }

    pub(crate) fn unpack(bytes: &[u8]) -> Wish {
        let text = String::from_utf8(bytes.to_vec()).unwrap();
        let parts: Vec<&str> = text.split('\0').collect();
        let mut wish = Wish::new(Path::new(parts[0]), &parts[8..]);
        let number = |text: &str| text.parse::<u64>().unwrap();
        wish.program.limits = Limits {
            time: Duration::from_millis(number(parts[1])),
            silence: Duration::from_millis(number(parts[2])),
            output: number(parts[3]),
        };
        wish.program.input = parts[4].as_bytes().to_vec();
        wish.program.directory = parts[5].into();
        wish.program.hostname = parts[6].into();
        wish.program.read_only_binds = parts[7]
            .split(',')
            .filter_map(|one| one.split_once(':'))
            .map(|(from, to)| (from.into(), to.into()))
            .collect();
        wish
    }

    /// Runs it in a sandbox; its output comes with how it ended. What the sandbox says against it is the error.
    pub(crate) fn run(&self) -> Result<(Ended, String), String> {
        self.run_in("program").unwrap()
    }

    pub(crate) fn run_in(
        &self,
        room: &str,
    ) -> Result<Result<(Ended, String), String>, SandboxError> {
        let order = Order {
            room,
            input: self.pack(),
        };
        let mut output = Vec::new();
        let answer = sandbox::run(&order, &mut |bytes| output.extend_from_slice(bytes))?;
        Ok(answer
            .map(|bytes| {
                let text = String::from_utf8(bytes).unwrap();
                let mut parts = text.split('\0');
                let mut next = || parts.next().unwrap().to_owned();
                let (code, tail) = (next().parse().unwrap(), next());
                let strays = parts.map(str::to_owned).collect();
                let ended = Ended { code, tail, strays };
                (ended, String::from_utf8_lossy(&output).into_owned())
            })
            .map_err(|bytes| String::from_utf8(bytes).unwrap()))
    }
}

pub(crate) fn pack(ended: Ended) -> Vec<u8> {
    let mut parts = vec![ended.code.to_string(), ended.tail];
    parts.extend(ended.strays);
    parts.join("\0").into_bytes()
}

fn program(inside: &Inside, input: Vec<u8>) -> Result<Vec<u8>, Vec<u8>> {
    let wish = Wish::unpack(&input);
    inside
        .run(&wish.tree, &wish.program, &mut |bytes| inside.send(bytes))
        .map(pack)
        .map_err(|error| error.to_string().into_bytes())
}

/// The program runs in a copy of the tree in 8 MiB of memory.
fn memory(inside: &Inside, input: Vec<u8>) -> Result<Vec<u8>, Vec<u8>> {
    let mut wish = Wish::unpack(&input);
    let tree = inside.scratch().join("tree");
    inside.tmpfs(&tree, 8 << 20).unwrap();
    crate::trees::copy(&wish.tree, &tree);
    wish.tree = tree;
    inside
        .run(&wish.tree, &wish.program, &mut |bytes| inside.send(bytes))
        .map(pack)
        .map_err(|error| error.to_string().into_bytes())
}

/// The program runs a hundred times, four at a time; answers with how long one run takes.
fn many(inside: &Inside, input: Vec<u8>) -> Result<Vec<u8>, Vec<u8>> {
    let wish = Wish::unpack(&input);
    let one = || inside.run(&wish.tree, &wish.program, &mut |_| {}).unwrap();
    one();
    let start = std::time::Instant::now();
    (0..100).for_each(|_| assert_eq!(one().code, 0));
    let apiece = start.elapsed().as_micros() / 100;
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| (0..25).for_each(|_| assert_eq!(one().code, 0)));
        }
    });
    let ended = Ended {
        code: 0,
        tail: apiece.to_string(),
        strays: Vec::new(),
    };
    Ok(pack(ended))
}
