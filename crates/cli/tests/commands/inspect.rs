//! `formwork inspect` on records that lie beside nothing else.

use formwork_testkit::bytes::sha256;
use serde_json::{Value, json};

use super::support::World;

/// A world in whose working directory the records of an image `gateway` lie.
fn world() -> World {
    let world = World::new();
    world
        .home
        .write("gateway.tree.json", &tree("/etc/passwd").to_string());
    seal(&world);
    world
}

fn tree(first: &str) -> Value {
    let file = |path: &str, size: u64, package: Option<&str>| json!({"path": path, "type": "file", "size": size, "package": package});
    json!({
        "format": 1, "suite": "bookworm", "architecture": "amd64", "date": 0,
        "entries": [
            file(first, 1_200, None),
            file("/boot/vmlinuz-6.1.0-40-amd64", 8_200_000, Some("linux-image")),
            file("/usr/lib/modules/6.1.0-40-amd64/kernel/net/a.ko", 400_000, Some("linux-image")),
            file("/usr/sbin/sshd", 1_300_000, Some("openssh-server")),
        ],
    })
}

/// Writes the other records as they fit the tree.
fn seal(world: &World) {
    let package = |name: &str, source: &str, installed: bool| {
        json!({
            "name": name, "version": "1.0", "architecture": "amd64", "source": source,
            "source_version": "1.0", "size": 1, "sha256": "00", "repository": "debian",
            "path": "pool/x.deb", "installed": installed,
        })
    };
    let packages = json!([
        package("linux-image", "linux", true),
        package("openssh-server", "openssh", true),
        package("systemd-boot-efi", "systemd", false),
    ]);
    let list = json!({
        "format": 1, "inputs": [], "image": "gateway", "suite": "bookworm",
        "architecture": "amd64", "packages": packages,
    });
    let digest = |name: &str| sha256(world.home.read(name).as_bytes());
    let system = |kind: &str, size: u64, used: u64| json!({"kind": kind, "label": "", "uuid": "A61B-3738", "file": null, "size": size, "used": used});
    let partition = |number: u32, name: &str, start: u64, size: u64, system: Value| {
        json!({
            "number": number, "name": name, "role": name, "kind": "k", "guid": "g", "start": start,
            "size": size, "sha256": "00", "mount": if name == "root" { Some("/") } else { None },
            "filesystem": system,
        })
    };
    let image = json!({
        "format": 1, "image": "gateway", "suite": "bookworm", "architecture": "amd64",
        "tree_sha256": digest("gateway.tree.json"),
        "disk": {
            "file": "gateway.img", "size": 100_000_000, "sha256": "8f1c", "guid": "61c2a7a3",
            "partitions": [
                partition(1, "esp", 1 << 20, 40_000_000, system("vfat", 40_000_000, 34_000_000)),
                partition(2, "root", 50_000_000, 40_000_000, system("ext4", 40_000_000, 12_000_000)),
            ],
            "blobs": [{"name": "u-boot", "offset": 65_536, "size": 900_000, "sha256": "00"}],
        },
        "filesystems": [],
        "boot": {
            "loader": "uki", "kernel_version": "6.1.0-40-amd64", "command_line": "root=PARTUUID=g ro quiet",
            "parts": [
                {"name": "kernel", "package": "linux-image:amd64=6.1.140-1", "path": "/boot/vmlinuz-6.1.0-40-amd64", "size": 8_200_000, "sha256": "00"},
                {"name": "initrd", "package": null, "path": "initrd", "size": 25_000_000, "sha256": "00"},
                {"name": "stub", "package": "systemd-boot-efi:amd64=252.38-1", "path": "/usr/lib/systemd/boot/efi/linuxx64.efi.stub", "size": 80_000, "sha256": "00"},
            ],
        },
    });
    world.home.write("gateway.packages.json", &list.to_string());
    world.home.write("gateway.image.json", &image.to_string());
    let file = |kind: &str, name: &str| {
        let text = world.home.read(name);
        json!({"kind": kind, "path": name, "size": text.len(), "sha256": sha256(text.as_bytes())})
    };
    let record = json!({
        "format": 1, "inputs": [], "formwork": "0.1.0", "image": "gateway", "suite": "bookworm",
        "architecture": "amd64", "variant": "minbase", "until": "finished", "lock_sha256": "00",
        "date": "2026-11-01T09:00:00Z", "packages": packages, "steps": [],
        "files": [
            {"kind": "disk", "path": "gateway.img", "size": 100_000_000, "sha256": "8f1c"},
            file("tree", "gateway.tree.json"),
            file("image", "gateway.image.json"),
            file("packages", "gateway.packages.json"),
        ],
    });
    world
        .home
        .write("gateway.buildinfo.json", &record.to_string());
}

/// Runs the program without the mirror, which this command does not take.
#[track_caller]
fn shows(world: &World, name: &str, arguments: &[&str]) {
    let run = world.home.run(super::support::PROGRAM, arguments);
    super::support::compare(name, &world.text(arguments, &run));
}

#[test]
fn what_the_records_say() {
    let world = world();
    shows(&world, "inspect", &["inspect", "gateway.img"]);
    shows(
        &world,
        "inspect-json",
        &["inspect", "./gateway.tree.json", "--json"],
    );
    shows(
        &world,
        "inspect-pkglist",
        &["inspect", "gateway.img", "--format", "pkglist"],
    );
    shows(
        &world,
        "inspect-html",
        &["inspect", "gateway.img", "--html", "page.html"],
    );
    assert!(world.home.read("page.html").contains("<svg id=\"treemap\""));
}

#[test]
fn what_does_not_fit_is_told_and_harms_nobody() {
    let world = world();
    let hostile = "/etc/\u{1b}[31m\u{202e}red\n/forged";
    world
        .home
        .write("gateway.tree.json", &tree(hostile).to_string());
    shows(
        &world,
        "inspect-differs",
        &["inspect", "gateway.img", "--top", "2"],
    );
    shows(
        &world,
        "inspect-gone",
        &["inspect", "gateway.img", "--verify", "--format", "pkglist"],
    );
}

#[test]
fn what_cannot_be_looked_at() {
    let world = world();
    shows(&world, "inspect-no-records", &["inspect", "other.img"]);
    shows(&world, "inspect-no-project", &["inspect", "other"]);
    world.home.write("gateway.tree.json", "{\"format\": 7}");
    shows(&world, "inspect-format", &["inspect", "gateway.img"]);
}
