//! Services that make at first boot what must not be made while building.

use formwork_sys::tree::Tree;

use crate::error::Error;

/// One service: what it makes, and how.
pub(super) struct Service {
    name: &'static str,
    what: &'static str,
    manual: &'static str,
    /// It runs only where this is not there; stars are allowed.
    missing: &'static str,
    /// The directory that it must be able to write to.
    directory: &'static str,
    commands: &'static [&'static str],
}

/// SSH host keys. Debian 13 has a service of its own for them, but that only runs where systemd
/// takes the boot for the first one.
pub(super) const HOST_KEYS: Service = Service {
    name: "make-ssh-host-keys.service",
    what: "SSH host keys",
    manual: "ssh-keygen(1)",
    missing: "/etc/ssh/ssh_host_*_key",
    directory: "/etc/ssh",
    commands: &["/usr/bin/ssh-keygen -A"],
};

/// The self-signed certificate of ssl-cert.
pub(super) const CERTIFICATE: Service = Service {
    name: "make-snakeoil-certificate.service",
    what: "the self-signed certificate of ssl-cert",
    manual: "make-ssl-cert(8)",
    missing: "/etc/ssl/private/ssl-cert-snakeoil.key",
    directory: "/etc/ssl",
    commands: &["/usr/sbin/make-ssl-cert generate-default-snakeoil"],
};

/// The key by which BIND's control program is known to its server.
pub(super) const CONTROL_KEY: Service = Service {
    name: "make-rndc-key.service",
    what: "the control key of BIND",
    manual: "rndc-confgen(8)",
    missing: "/etc/bind/rndc.key",
    directory: "/etc/bind",
    commands: &[
        "/usr/sbin/rndc-confgen -a",
        "/bin/chown bind:bind /etc/bind/rndc.key",
        "/bin/chmod 640 /etc/bind/rndc.key",
    ],
};

/// The index of the mail aliases, in which Postfix notes time and host.
pub(super) const ALIASES: Service = Service {
    name: "make-mail-aliases.service",
    what: "the index of the mail aliases",
    manual: "newaliases(1)",
    missing: "/etc/aliases.db",
    directory: "/etc",
    commands: &["/usr/bin/newaliases"],
};

impl Service {
    /// The text of the unit.
    fn unit(&self) -> String {
        let commands: String = self
            .commands
            .iter()
            .map(|command| format!("ExecStart={command}\n"))
            .collect();
        format!(
            "[Unit]\nDescription=Make {}\nDocumentation=man:{}\nDefaultDependencies=no\n\
             ConditionPathExistsGlob=!{}\nConditionPathIsReadWrite={}\n\
             After=local-fs.target systemd-tmpfiles-setup.service\n\
             Before=sysinit.target shutdown.target\nConflicts=shutdown.target\n\n\
             [Service]\nType=oneshot\n{commands}",
            self.what, self.manual, self.missing, self.directory
        )
    }
}

/// Adds a service to a tree that has systemd, and has it started at every boot.
pub(super) fn add(tree: &Tree, service: &Service) -> Result<(), Error> {
    if !tree.exists("usr/lib/systemd/systemd")? && !tree.exists("lib/systemd/systemd")? {
        return Ok(());
    }
    let wants = "etc/systemd/system/sysinit.target.wants";
    tree.create_directories(wants)?;
    let path = format!("etc/systemd/system/{}", service.name);
    tree.write(&path, service.unit().as_bytes(), 0o644)?;
    let link = format!("{wants}/{}", service.name);
    tree.remove(&link)?;
    tree.symbolic_link(format!("/{path}").as_ref(), &link)?;
    Ok(())
}
