//! Who runs us, and how an ordinary user becomes root of a sandbox.

use std::io::Write;
use std::path::Path;

use super::error::Step;
use super::ranges::{self, NEEDED, Range};
use super::{Privilege, SandboxError};
use crate::command::{Command, CommandError};
use crate::fs;

/// No file of users is read further.
const MOST: u64 = 16 << 20;

/// An ordinary user and the numbers lent to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// The login name, or the number where there is none.
    pub name: String,
    /// The number of the user.
    pub user: u32,
    /// The number of the user's group.
    pub group: u32,
    /// The numbers of users lent to it.
    pub users: Vec<Range>,
    /// The numbers of groups lent to it.
    pub groups: Vec<Range>,
}

/// Who we are.
pub(super) fn who() -> Result<Privilege, SandboxError> {
    let user = rustix::process::geteuid();
    if user.is_root() {
        return Ok(Privilege::Root);
    }
    let (user, group) = (user.as_raw(), rustix::process::getegid().as_raw());
    let name = name(user);
    let [lent_users, lent_groups] = ["/etc/subuid", "/etc/subgid"].map(read);
    let found = User {
        users: ranges::lent(&lent_users, &name, user, user),
        groups: ranges::lent(&lent_groups, &name, user, group),
        name,
        user,
        group,
    };
    if ranges::count(&found.users) == NEEDED && ranges::count(&found.groups) == NEEDED {
        Ok(Privilege::User(found))
    } else {
        Err(too_few(&found, ranges::free([&lent_users, &lent_groups])))
    }
}

/// Root as if it were an ordinary user to whom its own numbers are lent.
pub(super) fn root_alone() -> User {
    let lent = vec![Range {
        first: 1,
        count: NEEDED,
    }];
    User {
        name: "root".to_owned(),
        user: 0,
        group: 0,
        users: lent.clone(),
        groups: lent,
    }
}

/// A file of users; one that is not there is empty.
fn read(path: &str) -> String {
    let bytes = fs::read_limited(Path::new(path), MOST).unwrap_or_default();
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The login name of a user: from the file of users, or from wherever `id` knows it.
fn name(number: u32) -> String {
    let wanted = number.to_string();
    let passwd = read("/etc/passwd");
    let line = passwd
        .lines()
        .find(|line| line.split(':').nth(2) == Some(wanted.as_str()));
    if let Some(name) = line.and_then(|line| line.split(':').next()) {
        return name.to_owned();
    }
    let asked = Command::new("id").args(["-un"]).run();
    let name = asked
        .ok()
        .filter(|finished| finished.success())
        .map(|finished| String::from_utf8_lossy(&finished.stdout).trim().to_owned());
    name.filter(|name| !name.is_empty()).unwrap_or(wanted)
}

/// The user has no range, or one that is too small.
fn too_few(user: &User, free: Range) -> SandboxError {
    let mut files = Vec::new();
    let mut options = String::new();
    for (file, option, lent) in [
        ("/etc/subuid", "--add-subuids", &user.users),
        ("/etc/subgid", "--add-subgids", &user.groups),
    ] {
        let count = ranges::count(lent);
        if count < NEEDED {
            files.push(format!("{file} lends {count}"));
            options.push_str(&format!(" {option} {free}"));
        }
    }
    SandboxError::Unable {
        why: format!(
            "without root, {} needs {NEEDED} further user and group numbers; {}",
            user.name,
            files.join(", ")
        ),
        help: vec![
            format!("sudo usermod{options} {}", user.name),
            format!(
                "that is the line {}:{}:{} in the file",
                user.name, free.first, free.count
            ),
        ],
    }
}

/// Gives a process in a new user namespace its numbers: 0 is the user, the others are lent.
pub(super) fn map(user: &User, process: u32) -> Result<(), SandboxError> {
    let maps = [
        ("newuidmap", user.user, &user.users),
        ("newgidmap", user.group, &user.groups),
    ];
    // Root needs nobody's leave, nor a program that has it.
    if rustix::process::geteuid().is_root() {
        return map_as_root(user, process);
    }
    for (program, own, lent) in maps {
        let arguments = ranges::arguments(process, own, lent);
        match Command::new(program).args(arguments).run() {
            Ok(finished) if finished.success() => {}
            Ok(finished) => {
                let said = String::from_utf8_lossy(&finished.stderr);
                return Err(refused(program, said.trim()));
            }
            Err(CommandError::Missing { .. }) => {
                return Err(SandboxError::Unable {
                    why: format!("the program {program} is not installed"),
                    help: vec!["sudo apt-get install uidmap".to_owned()],
                });
            }
            Err(error) => {
                let why = error.to_string();
                return Err(SandboxError::Unable {
                    why,
                    help: Vec::new(),
                });
            }
        }
    }
    Ok(())
}

/// Writes the maps of a process in a new user namespace.
fn map_as_root(user: &User, process: u32) -> Result<(), SandboxError> {
    let maps = [
        ("uid_map", user.user, &user.users),
        ("gid_map", user.group, &user.groups),
    ];
    for (name, own, lent) in maps {
        // The arguments of the helper behind the process are the lines of the map.
        let words = ranges::arguments(process, own, lent);
        let lines: String = words[1..]
            .chunks(3)
            .map(|line| format!("{}\n", line.join(" ")))
            .collect();
        let path = format!("/proc/{process}/{name}");
        let file = std::fs::OpenOptions::new().write(true).open(path);
        file.and_then(|mut file| file.write_all(lines.as_bytes()))
            .step("give numbers to a user namespace")?;
    }
    Ok(())
}

fn refused(program: &str, said: &str) -> SandboxError {
    let help = if said.contains("not permitted") {
        "it must belong to root and be set-user-id; some containers take that away: \
         sudo apt-get install --reinstall uidmap"
    } else {
        "compare /etc/subuid and /etc/subgid with what it says"
    };
    SandboxError::Unable {
        why: format!("{program} refuses: {said}"),
        help: vec![help.to_owned()],
    }
}

/// Settings of the kernel that stand in the way of an ordinary user, with the value that does.
const SETTINGS: [(&str, &str, &str); 3] = [
    ("kernel.unprivileged_userns_clone", "0", "1"),
    ("user.max_user_namespaces", "0", "15000"),
    ("kernel.apparmor_restrict_unprivileged_userns", "1", "0"),
];

/// Says what to do about a step that the kernel refused.
pub(super) fn explain(privilege: &Privilege, error: SandboxError) -> SandboxError {
    let SandboxError::Step { step, source } = &error else {
        return error;
    };
    let refusals = [
        libc::EPERM,
        libc::EACCES,
        libc::ENOSPC,
        libc::EINVAL,
        libc::ENOSYS,
    ];
    if !source
        .raw_os_error()
        .is_some_and(|errno| refusals.contains(&errno))
    {
        return error;
    }
    if source.raw_os_error() == Some(libc::ENOSYS) {
        return SandboxError::Unable {
            why: format!("this kernel cannot {step}: it is older than Linux 5.12, or lacks a part"),
            help: Vec::new(),
        };
    }
    if *privilege == Privilege::Root {
        let help = "in a container, start it with --privileged, or work as an ordinary user \
                    with a range in /etc/subuid and /etc/subgid";
        return match source.raw_os_error() {
            Some(libc::EPERM | libc::EACCES) => SandboxError::Unable {
                why: format!("this root may not {step} ({source})"),
                help: vec![help.to_owned()],
            },
            _ => error,
        };
    }
    let mut help: Vec<String> = SETTINGS
        .iter()
        .filter(|(name, bad, _)| setting(name).as_deref() == Some(bad))
        .map(|(name, _, good)| format!("sudo sysctl {name}={good}"))
        .collect();
    if help.is_empty() {
        if step != "make a user namespace" {
            return error;
        }
        help.push("work as root, or ask whoever runs this machine or container".to_owned());
    }
    SandboxError::Unable {
        why: format!("the kernel does not let an ordinary user {step} ({source})"),
        help,
    }
}

/// The value of a setting of the kernel, if it has it.
fn setting(name: &str) -> Option<String> {
    let path = Path::new("/proc/sys").join(name.replace('.', "/"));
    let bytes = fs::read_limited(&path, 4096).ok()?;
    Some(String::from_utf8_lossy(&bytes).trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_range_is_answered_with_the_command_that_lends_one() {
        let user = User {
            name: "ada".into(),
            user: 1000,
            group: 1000,
            users: vec![Range {
                first: 100_000,
                count: NEEDED,
            }],
            groups: Vec::new(),
        };
        let free = Range {
            first: 165_536,
            count: 65536,
        };
        let SandboxError::Unable { why, help } = too_few(&user, free) else {
            panic!("another error");
        };
        assert_eq!(
            why,
            "without root, ada needs 65535 further user and group numbers; /etc/subgid lends 0"
        );
        assert_eq!(help[0], "sudo usermod --add-subgids 165536-231071 ada");
        assert!(help[1].contains("ada:165536:65536"));
    }

    #[test]
    fn what_the_kernel_refuses_root_is_explained() {
        let step = |errno| {
            let source = std::io::Error::from_raw_os_error(errno);
            SandboxError::step("make namespaces", source)
        };
        let refused = explain(&Privilege::Root, step(libc::EPERM)).to_string();
        assert!(
            refused.contains("this root may not make namespaces"),
            "{refused}"
        );
        let old = explain(&Privilege::Root, step(libc::ENOSYS)).to_string();
        assert!(old.contains("older than Linux 5.12"), "{old}");
        let other = explain(&Privilege::Root, step(libc::EIO)).to_string();
        assert!(
            other.starts_with("the sandbox cannot make namespaces"),
            "{other}"
        );
    }
}
