//! Services that make at first boot what must not be made while building.

use formwork_sys::tree::Tree;

use crate::error::Error;

/// One service.
pub(super) struct Service {
    name: &'static str,
    unit: &'static str,
}

/// Makes SSH host keys. Debian 13 has a service of its own for that, but it only runs where
/// systemd takes the boot for the first one.
pub(super) const HOST_KEYS: Service = Service {
    name: "make-ssh-host-keys.service",
    unit: "\
[Unit]
Description=Make SSH host keys
Documentation=man:ssh-keygen(1)
DefaultDependencies=no
ConditionPathExistsGlob=!/etc/ssh/ssh_host_*_key
ConditionPathIsReadWrite=/etc/ssh
After=local-fs.target systemd-tmpfiles-setup.service
Before=sysinit.target shutdown.target
Conflicts=shutdown.target

[Service]
Type=oneshot
ExecStart=/usr/bin/ssh-keygen -A
",
};

/// Makes the self-signed certificate of ssl-cert.
pub(super) const CERTIFICATE: Service = Service {
    name: "make-snakeoil-certificate.service",
    unit: "\
[Unit]
Description=Make the self-signed certificate of ssl-cert
Documentation=man:make-ssl-cert(8)
DefaultDependencies=no
ConditionPathExists=!/etc/ssl/private/ssl-cert-snakeoil.key
ConditionPathIsReadWrite=/etc/ssl
After=local-fs.target systemd-tmpfiles-setup.service
Before=sysinit.target shutdown.target
Conflicts=shutdown.target

[Service]
Type=oneshot
ExecStart=/usr/sbin/make-ssl-cert generate-default-snakeoil
",
};

/// Adds a service to a tree that has systemd, and has it started at every boot.
pub(super) fn add(tree: &Tree, service: &Service) -> Result<(), Error> {
    if !tree.exists("usr/lib/systemd/systemd")? && !tree.exists("lib/systemd/systemd")? {
        return Ok(());
    }
    let name = service.name;
    let wants = "etc/systemd/system/sysinit.target.wants";
    tree.create_directories(wants)?;
    tree.write(
        format!("etc/systemd/system/{name}"),
        service.unit.as_bytes(),
        0o644,
    )?;
    let link = format!("{wants}/{name}");
    tree.remove(&link)?;
    tree.symbolic_link(format!("/etc/systemd/system/{name}").as_ref(), &link)?;
    Ok(())
}
