//! Programs of other architectures: two tiny ones, put together here instruction by instruction.

use std::fs;
use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Stdio};

use formwork_sys::sandbox::{Ended, Inside};

use crate::rooms::{Wish, pack};
use crate::{Test, trees};

pub(crate) const TESTS: &[Test] = &[
    ("foreign_programs_run", foreign_programs_run),
    (
        "the_hosts_table_of_formats_is_left_alone",
        the_hosts_table_of_formats_is_left_alone,
    ),
    ("a_foreign_tree_is_as_closed", a_foreign_tree_is_as_closed),
    (
        "an_unknown_architecture_is_refused",
        an_unknown_architecture_is_refused,
    ),
    (
        "the_hosts_emulator_is_the_second_choice",
        the_hosts_emulator_is_the_second_choice,
    ),
    (
        "smaller_programs_are_filtered_too",
        smaller_programs_are_filtered_too,
    ),
];

/// A room that runs a program after it has seen to all foreign architectures.
pub(crate) fn foreign(inside: &Inside, input: Vec<u8>) -> Result<Vec<u8>, Vec<u8>> {
    let wish = Wish::unpack(&input);
    let mut said = String::new();
    for architecture in ["amd64", "arm64", "armhf", "arm64"] {
        let emulation = inside
            .emulate(architecture)
            .map_err(|error| error.to_string().into_bytes())?;
        said.push_str(&format!("{architecture}: {emulation:?}\n"));
    }
    let ended = inside
        .run(&wish.tree, &wish.program, &mut |bytes| inside.send(bytes))
        .map_err(|error| error.to_string().into_bytes())?;
    Ok(pack(Ended {
        tail: said,
        ..ended
    }))
}

/// A room that asks for an architecture that nobody has heard of.
pub(crate) fn vax(inside: &Inside, _: Vec<u8>) -> Result<Vec<u8>, Vec<u8>> {
    let error = inside.emulate("vax").unwrap_err();
    Err(error.to_string().into_bytes())
}

/// A static program of 64-bit ARM that says a word and ends with 42.
fn arm64(word: &str) -> Vec<u8> {
    let set = |register: u32, number: u32| 0xd280_0000 | number << 5 | register;
    let code = [
        set(0, 1),
        // The address of what follows the code: 28 bytes on from here.
        0x1000_0001 | (28 / 4) << 5,
        set(2, word.len() as u32),
        set(8, 64), // write
        0xd400_0001,
        set(0, 42),
        set(8, 93), // exit
        0xd400_0001,
    ];
    elf(183, &instructions(&code, word))
}

/// The same for 32-bit ARM.
fn armhf(word: &str) -> Vec<u8> {
    let set = |register: u32, number: u32| 0xe3a0_0000 | register << 12 | number;
    let code = [
        set(0, 1),
        // The program counter is two instructions ahead: 20 bytes before the word.
        0xe28f_1000 | 20,
        set(2, word.len() as u32),
        set(7, 4), // write
        0xef00_0000,
        set(0, 42),
        set(7, 1), // exit
        0xef00_0000,
    ];
    elf(40, &instructions(&code, word))
}

fn instructions(code: &[u32], word: &str) -> Vec<u8> {
    let bytes = code.iter().flat_map(|one| one.to_le_bytes());
    bytes.chain(word.bytes()).collect()
}

/// A program of i386 that ends with 41 if waiting for a disk is idle and a user namespace is refused.
fn i386() -> Vec<u8> {
    let code: [&[u8]; 11] = [
        &[0xb8, 118, 0, 0, 0, 0xbb, 0xe7, 3, 0, 0, 0xcd, 0x80], // fsync(999)
        &[0x89, 0xc6],                                          // esi = answer: 0
        &[0xb8, 0x36, 1, 0, 0],                                 // unshare
        &[0xbb, 0, 0, 0, 0x10],                                 // CLONE_NEWUSER
        &[0xcd, 0x80],
        &[0xf7, 0xd8], // eax = - answer: EPERM, which is 1
        &[0x29, 0xf0], // eax -= esi
        &[0x83, 0xc0, 40],
        &[0x89, 0xc3], // ebx = eax
        &[0xb8, 1, 0, 0, 0],
        &[0xcd, 0x80], // exit
    ];
    elf(3, &code.concat())
}

fn elf(machine: u64, code: &[u8]) -> Vec<u8> {
    let wide = machine == 183;
    let base = 0x10000_u64;
    let (head, entry) = if wide { (64, 56) } else { (52, 32) };
    let start = head + entry;
    let size = (start + code.len()) as u64;
    let mut bytes = vec![0x7f, b'E', b'L', b'F', if wide { 2 } else { 1 }, 1, 1, 0];
    bytes.resize(16, 0);
    let mut put =
        |number: u64, width: usize| bytes.extend_from_slice(&number.to_le_bytes()[..width]);
    let natural = if wide { 8 } else { 4 };
    put(2, 2);
    put(machine, 2);
    put(1, 4);
    put(base + start as u64, natural);
    put(head as u64, natural);
    put(0, natural);
    put(if machine == 40 { 0x0500_0000 } else { 0 }, 4);
    put(head as u64, 2);
    put(entry as u64, 2);
    put(1, 2);
    put(0, 6);
    // One part: the whole file, to be read and run.
    put(1, 4);
    if wide {
        put(5, 4);
        [0, base, base, size, size, 0x1000]
            .into_iter()
            .for_each(|number| put(number, 8));
    } else {
        [0, base, base, size, size, 5, 0x1000]
            .into_iter()
            .for_each(|number| put(number, 4));
    }
    bytes.extend_from_slice(code);
    bytes
}

/// A tree with both programs in it.
fn tree() -> tempfile::TempDir {
    let tree = trees::make();
    for (name, program) in [
        ("arm64", arm64("sixty-four\n")),
        ("armhf", armhf("thirty-two\n")),
    ] {
        let path = tree.path().join("usr/bin").join(name);
        fs::write(&path, program).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    }
    tree
}

fn foreign_programs_run() {
    let tree = tree();
    let script = "arm64; echo $?; armhf; echo $?";
    let (ended, output) = Wish::script(tree.path(), script)
        .run_in("foreign")
        .unwrap()
        .unwrap();
    assert_eq!(output, "sixty-four\n42\nthirty-two\n42\n", "{}", ended.tail);
    if cfg!(target_arch = "x86_64") {
        let expected = "amd64: Native\narm64: Own { emulator: \"/usr/bin/qemu-aarch64";
        assert!(ended.tail.starts_with(expected), "{}", ended.tail);
        // Where nobody asked for it they do not run, unless the host knows them anyway.
        let (ended, _) = Wish::script(tree.path(), "arm64").run().unwrap();
        let known = fs::metadata("/proc/sys/fs/binfmt_misc/qemu-aarch64").is_ok();
        assert_eq!(ended.code == 42, known);
    }
}

/// The host's table of formats; only root may look when it is not mounted.
fn host_table() -> String {
    let script = "mount -t binfmt_misc none /proc/sys/fs/binfmt_misc 2>/dev/null; \
                  cd /proc/sys/fs/binfmt_misc && grep -r . . | sort";
    let root = rustix::process::geteuid().is_root();
    let words: &[&str] = match root {
        true => &["unshare", "--mount", "sh", "-c", script],
        false => &["sh", "-c", script],
    };
    let output = Command::new("env").args(words).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(!root || text.contains("status:enabled"), "{text}");
    text
}

fn the_hosts_table_of_formats_is_left_alone() {
    let before = host_table();
    let tree = tree();
    let (ended, _) = Wish::new(tree.path(), &["/bin/arm64"])
        .run_in("foreign")
        .unwrap()
        .unwrap();
    assert_eq!(ended.code, 42);
    assert_eq!(host_table(), before);
}

fn a_foreign_tree_is_as_closed() {
    let tree = tree();
    let script = "
        id -u; id -g; ls /dev | wc -l 2>/dev/null; touch /etc/new; chown 1000:1000 /etc/new; stat -c %u:%g /etc/new
        mount -t tmpfs none /tmp || echo no mount
        chmod 600 /dev/null || echo no chmod
        echo x >/proc/sys/kernel/hostname || echo no setting
        cat /proc/1/root/etc/passwd || echo no root
        mknod /tmp/x c 1 3 && cat /tmp/x && echo OPEN";
    let (ended, output) = Wish::script(tree.path(), script)
        .run_in("foreign")
        .unwrap()
        .unwrap();
    for line in [
        "0\n0\n",
        "1000:1000\n",
        "no mount\n",
        "no chmod\n",
        "no setting\n",
        "no root\n",
    ] {
        assert!(output.contains(line), "{line}: {output}");
    }
    assert!(!output.contains("OPEN"), "{output}");
    assert_eq!(ended.strays, Vec::<String>::new());
}

fn smaller_programs_are_filtered_too() {
    if !cfg!(target_arch = "x86_64") {
        println!("needs amd64");
        return;
    }
    let tree = trees::make();
    let path = tree.path().join("usr/bin/i386");
    fs::write(&path, i386()).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    // The same program does not end so without a filter: it would be noticed.
    let bare = Command::new(&path).status().unwrap();
    assert_ne!(bare.code(), Some(41));
    let (ended, _) = Wish::new(tree.path(), &["/bin/i386"]).run().unwrap();
    assert_eq!(ended.code, 41);
}

fn an_unknown_architecture_is_refused() {
    let error = Wish::new(trees::shared(), &["sh"])
        .run_in("vax")
        .unwrap()
        .unwrap_err();
    assert_eq!(error, "nothing is known that runs programs of vax");
}

/// A host whose table knows 64-bit ARM, and which has no emulators of its own: a user namespace
/// of root's with a table of its own in which emulators are hidden.
fn the_hosts_emulator_is_the_second_choice() {
    if !rustix::process::geteuid().is_root() || !cfg!(target_arch = "x86_64") {
        println!("needs root on amd64");
        return;
    }
    let tree = tree();
    let own = std::env::current_exe().unwrap();
    let script = r#"
        table=/proc/sys/fs/binfmt_misc
        mount -t binfmt_misc none $table
        for name in aarch64 arm; do
            for emulator in /usr/bin/qemu-$name-static /usr/bin/qemu-$name; do
                [ -e $emulator ] || continue
                case $name in
                aarch64) head='\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\xb7\x00' ;;
                arm) head='\x7fELF\x01\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\x28\x00' ;;
                esac
                [ -e $table/qemu-$name ] || echo ":qemu-$name:M::$head::$emulator:F" >$table/register
                mount --bind /dev/null $emulator
            done
        done
        exec "$@""#;
    let mut child = Command::new("unshare")
        .args([
            "--user",
            "sh",
            "-c",
            "echo made; read go; exec unshare --mount sh -eu -c \"$@\"",
            "sh",
        ])
        .args([script, "sh"])
        .arg(&own)
        .args([
            "--run",
            "foreign",
            tree.path().to_str().unwrap(),
            "arm64; echo $?; armhf",
        ])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut made = [0; 5];
    child
        .stdout
        .as_mut()
        .unwrap()
        .read_exact(&mut made)
        .unwrap();
    for map in ["uid_map", "gid_map"] {
        fs::write(format!("/proc/{}/{map}", child.id()), "0 0 65536").unwrap();
    }
    child.stdin.take().unwrap().write_all(b"go\n").unwrap();
    let output = child.wait_with_output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let complaints = String::from_utf8_lossy(&output.stderr);
    assert!(
        text.contains("sixty-four\n42\nthirty-two\ncode 42")
            && text.contains("arm64: Host { entry: \"qemu-aarch64\" }\narmhf: Host {"),
        "{text}{complaints}"
    );
}
