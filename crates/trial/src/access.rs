//! What a guest is given for one run: files for its initial RAM disk, unpacked behind its own.
//!
//! initramfs-tools reads every file below `/conf/conf.d` before it does anything. Ours adds a
//! line to the list of scripts that run when the root file system is mounted, and that script
//! ([`install.sh`](access/install.sh)) puts units below `/run`, which moves into the system that
//! boots. Nothing is written to a disk, so it works for any root file system, and is gone with
//! the run.

#[cfg(test)]
mod tests;

use formwork_format::cpio::{Entry, Writer};

/// Where the kernel finds the files of a run; the script takes them from there.
const STORE: &str = "formwork";
/// Adds our line to the list of scripts.
const HOOK: &str = include_str!("access/hook.sh");
/// Puts the files of the run into the system that boots.
const INSTALL: &str = include_str!("access/install.sh");
/// Runs the command and tells how it ended.
const COMMAND: &str = include_str!("access/command.sh");
/// Gives a shell on the console.
const CONSOLE: &str = include_str!("access/console.sh");
/// Makes sure that there is an address before the secure shell listens.
const NETWORK: &str = include_str!("access/network.sh");

/// The port on which the guest's secure shell for this run listens.
pub const SECURE_SHELL: u16 = 2222;
/// The names of the virtio-serial ports, in the order of the serial lines that stand in for them.
pub const PORTS: [&str; 4] = ["control", "output", "errors", "input"];

/// What a guest is given.
#[derive(Clone, Debug, Default)]
pub struct Access {
    /// A shell for root on this serial line.
    pub console: Option<Console>,
    /// A command that root runs.
    pub command: Option<Command>,
    /// A secure shell for root, by a key made for this run.
    pub secure_shell: Option<Keys>,
}

/// A shell on the console.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Console {
    /// The serial line.
    pub line: String,
    /// Rows and columns of the terminal, if they are known.
    pub size: Option<(u16, u16)>,
    /// What kind of terminal it is.
    pub terminal: String,
}

/// A command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    /// The program and its arguments.
    pub words: Vec<String>,
    /// The unit that must be up before.
    pub after: String,
    /// What ends both of its outputs: a word that nobody can guess.
    pub end: String,
    /// Whether it gets what we are given on standard input.
    pub input: bool,
    /// The serial lines on which a guest without virtio-serial answers.
    pub lines: Vec<String>,
}

/// Keys for one run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keys {
    /// The private key of the guest.
    pub host: String,
    /// The public key that root accepts.
    pub user: String,
}

impl Access {
    /// The archive to put behind the initial RAM disk.
    ///
    /// # Errors
    /// If something in it is too large for such an archive.
    pub fn archive(&self) -> std::io::Result<Vec<u8>> {
        let mut writer = Writer::new(Vec::new());
        // Directories that the first archive has are left as they are.
        for directory in ["conf", "conf/conf.d", STORE] {
            writer.add(directory, entry(0o040_755), &[])?;
        }
        writer.add("conf/conf.d/zz-formwork", entry(0o100_644), HOOK.as_bytes())?;
        for (name, content) in self.files() {
            let name = format!("{STORE}/{name}");
            writer.add(&name, entry(0o100_644), content.as_bytes())?;
        }
        writer.finish()
    }

    /// All files of the run, by their names.
    fn files(&self) -> Vec<(&'static str, String)> {
        let mut files = vec![("install", INSTALL.to_owned())];
        if let Some(console) = &self.console {
            files.push(("console", CONSOLE.to_owned()));
            files.push(("console.settings", console.settings()));
            files.push(("formwork-console.service", console.unit()));
        }
        if let Some(command) = &self.command {
            files.push(("command", COMMAND.to_owned()));
            files.push(("command.settings", command.settings()));
            files.push(("formwork-command.service", command.unit()));
        }
        if let Some(keys) = &self.secure_shell {
            files.push(("network", NETWORK.to_owned()));
            files.push(("ssh_host_key", keys.host.clone()));
            files.push(("authorized_keys", keys.user.clone()));
            files.push(("sshd_config", sshd_config()));
            files.push(("formwork-ssh.service", SSH_UNIT.to_owned()));
        }
        files
    }
}

impl Console {
    fn settings(&self) -> String {
        let (rows, columns) = self.size.unwrap_or((24, 80));
        let pairs = [
            ("line", self.line.clone()),
            ("rows", rows.to_string()),
            ("columns", columns.to_string()),
            ("TERM", self.terminal.clone()),
        ];
        settings(&pairs)
    }

    fn unit(&self) -> String {
        let line = &self.line;
        format!(
            "[Unit]\n\
             Description=Console of formwork run\n\
             DefaultDependencies=no\n\
             After=systemd-user-sessions.service\n\
             Conflicts=shutdown.target\n\
             Before=shutdown.target\n\
             [Service]\n\
             Type=idle\n\
             ExecStart=-/bin/sh /run/formwork/console\n\
             Environment=HOME=/root\n\
             WorkingDirectory=-/root\n\
             Restart=always\n\
             RestartSec=0\n\
             StandardInput=tty\n\
             StandardOutput=tty\n\
             TTYPath=/dev/{line}\n\
             TTYReset=yes\n\
             TTYVHangup=yes\n\
             KillMode=process\n\
             IgnoreSIGPIPE=no\n\
             SendSIGHUP=yes\n"
        )
    }
}

impl Command {
    fn settings(&self) -> String {
        let words: Vec<String> = self.words.iter().map(|word| quoted(word)).collect();
        let pairs = [
            ("end", self.end.clone()),
            ("input", if self.input { "yes" } else { "" }.to_owned()),
            ("lines", self.lines.join(" ")),
        ];
        // The words become the arguments of whoever reads this.
        settings(&pairs) + &format!("set -- {}\n", words.join(" "))
    }

    fn unit(&self) -> String {
        let after = &self.after;
        format!(
            "[Unit]\n\
             Description=Command of formwork run\n\
             DefaultDependencies=no\n\
             Wants={after}\n\
             After={after}\n\
             [Service]\n\
             Type=simple\n\
             ExecStart=/bin/sh /run/formwork/command\n\
             Environment=HOME=/root\n\
             WorkingDirectory=-/root\n\
             StandardInput=null\n\
             StandardOutput=journal\n\
             KillMode=process\n"
        )
    }
}

const SSH_UNIT: &str = "\
[Unit]
Description=Secure shell of formwork run
After=network.target
[Service]
ExecStartPre=-/bin/sh /run/formwork/network
ExecStart=/usr/sbin/sshd -D -e -f /run/formwork/sshd_config
KillMode=process
";

fn sshd_config() -> String {
    format!(
        "Port {SECURE_SHELL}\n\
         HostKey /run/formwork/ssh_host_key\n\
         AuthorizedKeysFile /run/formwork/authorized_keys\n\
         PermitRootLogin prohibit-password\n\
         PubkeyAuthentication yes\n\
         PasswordAuthentication no\n\
         KbdInteractiveAuthentication no\n\
         UsePAM yes\n\
         PidFile /run/formwork/sshd.pid\n\
         Subsystem sftp internal-sftp\n"
    )
}

/// What a member is; all belong to root and are of no time.
fn entry(mode: u32) -> Entry {
    Entry {
        mode,
        owner: 0,
        group: 0,
        time: 0,
        device: (0, 0),
    }
}

/// Lines that a shell reads as assignments.
fn settings(pairs: &[(&str, String)]) -> String {
    let line = |(name, value): &(&str, String)| format!("{name}={}\n", quoted(value));
    pairs.iter().map(line).collect()
}

/// A word that a shell takes as it is.
fn quoted(word: &str) -> String {
    format!("'{}'", word.replace('\'', "'\\''"))
}
