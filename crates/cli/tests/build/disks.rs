//! Disks and file systems of a toy Debian, as the usual tools see them.

use std::fs;
use std::path::Path;
use std::process::Command;

use formwork_testkit::package::Package;
use formwork_testkit::project::Project;

use super::PROGRAM;
use super::bootable::{DISK, KERNEL, bootable, kernel, partition, said};
use super::support::{PLACE, built, digest, is_root, json, names};

/// An image with everything that a disk can have.
const EVERYTHING: &str = r#"
forms = ["disk"]
[boot]
command_line = ["quiet"]
[disk]
grow = false
[partitions.root]
free = "8M"
[partitions.data]
mount = "/srv/toy"
free = "1M"
options = ["nosuid"]
[partitions.spare]
filesystem = "none"
size = "2M"
[blobs.first]
offset = "40K"
package = "systemd-boot-efi"
file = "/usr/lib/boards/first.bin"
[blobs.second]
offset = "64K"
source = "second.bin"
"#;

/// A locked project with one kernel.
fn locked(lines: &str) -> Option<Project> {
    let project = bootable(&[kernel("6.1.0-1")], lines)?;
    project.home.write("second.bin", "second");
    project.run(&["lock"]).exits(0);
    Some(project)
}

fn text(path: &Path) -> &str {
    path.to_str().expect("a path that is text")
}

#[test]
fn a_disk_is_what_the_usual_tools_accept() {
    let Some(project) = locked(EVERYTHING) else {
        return;
    };
    let run = project.run(&["build"]).exits(0);
    let line = run.stderr.lines().find(|line| line.starts_with("image "));
    let line = line.unwrap_or_else(|| panic!("{}", run.stderr));
    assert!(
        line.contains("disk ") && line.contains("(GPT: esp 38 MB, root ext4 "),
        "{line}"
    );
    assert_eq!(
        names(&project),
        [
            "minimal.buildinfo.json",
            "minimal.image.json",
            "minimal.img",
            "minimal.img.bmap",
            "minimal.log.json",
            "minimal.packages.json",
            "minimal.tree.json",
        ]
    );
    let disk = built(&project, "minimal.img");
    assert!(
        run.stdout
            .starts_with(&format!("minimal.img       {PLACE}/minimal.img  ")),
        "{}",
        run.stdout
    );
    let found = said("sgdisk", &["-v", text(&disk)]);
    assert!(found.contains("No problems found"), "{found}");
    let record = json(&built(&project, "minimal.image.json"));
    assert_eq!(record["disk"]["sha256"], digest(&disk).as_str());
    let listed: Vec<&str> = record["disk"]["partitions"]
        .as_array()
        .expect("partitions")
        .iter()
        .filter_map(|one| one["name"].as_str())
        .collect();
    assert_eq!(listed, ["esp", "root", "data", "spare"]);
    let esp = partition(&record, &disk, "esp");
    said("fsck.fat", &["-n", text(&esp)]);
    let files = said("mdir", &["-b", "-/", "-i", text(&esp)]);
    assert!(files.contains("::/EFI/BOOT/BOOTX64.EFI"), "{files}");
    for name in ["root", "data"] {
        let partition = partition(&record, &disk, name);
        said("e2fsck", &["-fn", text(&partition)]);
    }
    let root = partition(&record, &disk, "root");
    let fstab = said("debugfs", &["-R", "cat /etc/fstab", text(&root)]);
    let guid = |number: usize| record["disk"]["partitions"][number]["guid"].as_str();
    let expected = format!(
        "# <file system> <mount point> <type> <options> <dump> <pass>\n\
         PARTUUID={} / ext4 defaults 0 1\n\
         PARTUUID={} /srv/toy ext4 nosuid 0 2\n",
        guid(1).expect("a GUID"),
        guid(2).expect("a GUID")
    );
    assert_eq!(fstab, expected);
    // What is mounted elsewhere is not in the root as well.
    let listed = said("debugfs", &["-R", "ls -p /srv/toy", text(&root)]);
    assert!(!listed.contains("initrd"), "{listed}");
    let data = partition(&record, &disk, "data");
    let listed = said("debugfs", &["-R", "ls -p /", text(&data)]);
    assert!(listed.contains("/initrd/"), "{listed}");
    let bytes = fs::read(&disk).expect("a disk");
    assert_eq!(bytes[40 << 10..(40 << 10) + 700], [0xb1; 700]);
    assert_eq!(bytes[64 << 10..(64 << 10) + 6], *b"second");
    let boot = &record["boot"];
    let line = boot["command_line"].as_str().expect("a command line");
    let root = format!("root=PARTUUID={} ro ", guid(1).expect("a GUID"));
    assert!(
        line.starts_with(&root) && line.ends_with(" quiet"),
        "{line}"
    );
    assert_eq!(boot["kernel_version"], "6.1.0-1");
    assert!(bytes.windows(KERNEL.len()).any(|found| found == KERNEL));
}

#[test]
fn a_disk_has_the_same_bits_and_its_record_is_a_chain() {
    let Some(project) = locked(EVERYTHING) else {
        return;
    };
    project.run(&["build", "--compress", "zst"]).exits(0);
    let kept = [
        "img",
        "img.bmap",
        "img.zst",
        "image.json",
        "buildinfo.json",
        "tree.json",
    ];
    let of = || kept.map(|ending| digest(&built(&project, &format!("minimal.{ending}"))));
    let before = of();
    project.run(&["build", "--compress", "zst"]).exits(0);
    assert_eq!(of(), before);
    let plain = Command::new("zstd")
        .args(["--decompress", "--stdout", "--quiet"])
        .arg(built(&project, "minimal.img.zst"))
        .output()
        .expect("zstd");
    assert!(plain.stdout == fs::read(built(&project, "minimal.img")).expect("a disk"));
    let record = json(&built(&project, "minimal.buildinfo.json"));
    let steps = record["steps"].as_array().expect("steps");
    let names: Vec<&str> = steps
        .iter()
        .filter_map(|step| step["name"].as_str())
        .collect();
    assert_eq!(names, ["fetch", "tree", "initrd", "disk"]);
    let mut wrote: Vec<&str> = Vec::new();
    for step in steps {
        for read in step["read"].as_array().expect("a list") {
            let name = read["name"].as_str().expect("a name");
            let known = wrote.contains(&read["sha256"].as_str().expect("a digest"));
            let made = ["packages", "tree", "initrd"].contains(&name);
            assert_eq!(known, made, "{step}");
        }
        let own = step["wrote"].as_array().expect("a list");
        wrote.extend(own.iter().filter_map(|one| one["sha256"].as_str()));
    }
    for file in record["files"].as_array().expect("files") {
        let path = built(&project, file["path"].as_str().expect("a name"));
        assert_eq!(file["sha256"], digest(&path).as_str(), "{file}");
    }
    // The forms decide nothing about the tree, and what is asked for no longer stays.
    let tree = before[5].clone();
    project.run(&["build", "--kind", "tar"]).exits(0);
    assert_eq!(digest(&built(&project, "minimal.tree.json")), tree);
    assert_eq!(digest(&built(&project, "minimal.img")), before[0]);
}

#[test]
fn every_form_is_made_at_once() {
    let Some(project) = locked(DISK) else {
        return;
    };
    let forms = ["disk", "tar", "dir", "ext4", "squashfs", "erofs", "initrd"];
    let mut arguments = vec!["build"];
    arguments.extend(forms.iter().flat_map(|form| ["--kind", form]));
    project.run(&arguments).exits(0);
    let file = |ending: &str| built(&project, &format!("minimal.{ending}"));
    said("e2fsck", &["-fn", text(&file("ext4"))]);
    said("fsck.erofs", &[text(&file("erofs"))]);
    let listed = said("unsquashfs", &["-l", text(&file("squashfs"))]);
    assert!(listed.contains("squashfs-root/usr/bin/hello\n"), "{listed}");
    assert!(file("root").join("usr/bin/hello").exists());
    let initrd = fs::metadata(file("initrd")).expect("an initial RAM disk");
    assert!(initrd.len() > 0);
    let record = json(&file("image.json"));
    let kinds: Vec<&str> = record["filesystems"]
        .as_array()
        .expect("file systems")
        .iter()
        .filter_map(|one| one["kind"].as_str())
        .collect();
    assert_eq!(kinds, ["erofs", "ext4", "squashfs"]);
    for kind in kinds {
        let size = record["filesystems"].as_array().expect("file systems");
        let found = size
            .iter()
            .find(|one| one["kind"] == kind)
            .expect("the kind");
        let length = fs::metadata(file(kind)).expect("a file").len();
        assert_eq!(found["size"], length, "{kind}");
    }
    let refused = project.run(&["build", "--kind", "erofs", "--kind", "tar", "-o", "x.erofs"]);
    assert!(refused.exits(2).stderr.contains("several kinds"));
    project
        .run(&["build", "--kind", "erofs", "-o", "out/x.erofs"])
        .exits(0);
    let place = project.home.work().join("out");
    assert_eq!(digest(&place.join("x.erofs")), digest(&file("erofs")));
    assert!(place.join("x.image.json").exists());
}

#[test]
fn a_root_that_is_read_only_has_a_place_for_state() {
    let lines =
        "forms = [\"disk\"]\n[disk]\ngrow = false\n[partitions.root]\nfilesystem = \"squashfs\"\n";
    let Some(project) = locked(lines) else {
        return;
    };
    project
        .run(&["build", "--kind", "disk", "--kind", "dir"])
        .exits(0);
    let disk = built(&project, "minimal.img");
    let record = json(&built(&project, "minimal.image.json"));
    let partitions = &record["disk"]["partitions"];
    assert_eq!(partitions[1]["filesystem"]["kind"], "squashfs");
    assert_eq!(partitions[2]["mount"], "/var");
    let root = partition(&record, &disk, "root");
    let listed = said("unsquashfs", &["-l", text(&root)]);
    assert!(listed.contains("squashfs-root/var\n"), "{listed}");
    assert!(!listed.contains("squashfs-root/var/"), "{listed}");
    let var = partition(&record, &disk, "var");
    said("e2fsck", &["-fn", text(&var)]);
    let tree = built(&project, "minimal.root");
    let script = tree.join("etc/initramfs-tools/scripts/init-bottom/state");
    let script = fs::read_to_string(script).expect("a script");
    assert!(
        script.contains(partitions[2]["guid"].as_str().expect("a GUID")),
        "{script}"
    );
    let modules = tree.join("usr/share/initramfs-tools/modules.d/state");
    let modules = fs::read_to_string(modules).expect("a list");
    assert_eq!(modules, "squashfs\next4\noverlay\n");
    let fstab = fs::read_to_string(tree.join("etc/fstab")).expect("a table");
    assert!(fstab.contains("\ntmpfs /tmp tmpfs "), "{fstab}");
    let line = record["boot"]["command_line"].as_str().expect("a line");
    assert!(line.contains(" rootfstype=squashfs "), "{line}");
}

#[test]
fn a_project_is_not_needed_for_a_file_system() {
    let Some(project) = locked(DISK) else {
        return;
    };
    let keyring = project.archive.keyring().display().to_string();
    let url = project.server.url();
    let build = |more: &[&str]| {
        let mut arguments = vec![
            "--mirror",
            &url,
            "build",
            "--suite",
            "bookworm",
            "--variant",
            "essential",
            "--keyring",
            &keyring,
        ];
        arguments.extend_from_slice(more);
        project.run(&arguments)
    };
    build(&[
        "--include",
        "hello",
        "--kind",
        "squashfs",
        "-o",
        "hello.squashfs",
    ])
    .exits(0);
    let image = project.home.work().join("hello.squashfs");
    let listed = said("unsquashfs", &["-l", text(&image)]);
    assert!(listed.contains("squashfs-root/usr/bin/hello\n"), "{listed}");
    let packages = "linux-image-6.1.0-1,initramfs-tools";
    build(&["--include", packages, "--kind", "disk", "-o", "hello.img"]).exits(0);
    let found = said(
        "sgdisk",
        &["-v", text(&project.home.work().join("hello.img"))],
    );
    assert!(found.contains("No problems found"), "{found}");
}

#[test]
fn what_stands_in_the_way_is_said() {
    let two = [kernel("6.1.0-1"), kernel("6.1.0-2")];
    let one = &two[..1];
    let cases: [(&[Package], &str, i32, &[&str]); 8] = [
        (&[], DISK, 2, &["no kernel to boot with"]),
        (&two, DISK, 2, &["several kernels", "6.1.0-1", "6.1.0-2"]),
        (
            one,
            "forms = [\"disk\"]\n",
            2,
            &[
                "growth of the partition `root`",
                "package systemd",
                "grow = false",
                "minimal.toml:3",
            ],
        ),
        (
            one,
            "forms = [\"disk\"]\n[disk]\ngrow = false\nsize = \"41M\"\n",
            2,
            &[
                "partition root has 3072 KiB",
                "too much",
                "largest packages: toybox ",
            ],
        ),
        (
            one,
            "forms = [\"disk\"]\n[disk]\ngrow = false\n[partitions.root]\nsize = \"2M\"\n",
            2,
            &[
                "partition root has 2048 KiB",
                "too much",
                "largest packages: toybox ",
                "minimal.toml:6",
            ],
        ),
        (
            one,
            "forms = [\"disk\"]\n[disk]\ngrow = false\n[blobs.a]\noffset = 512\nsource = \"second.bin\"\n",
            2,
            &["a at byte 512 lies over the partition table"],
        ),
        (
            one,
            "forms = [\"disk\"]\n[disk]\ngrow = false\n[blobs.a]\noffset = \"40K\"\n\
             package = \"systemd-boot-efi\"\nfile = \"/usr/lib/none\"\n",
            2,
            &["has no /usr/lib/none", "minimal.toml:6"],
        ),
        (
            one,
            "forms = [\"disk\"]\n[boot]\nloader = \"efibootguard\"\n[disk]\ngrow = false\n",
            2,
            &[
                "the loader efibootguard needs the package efibootguard",
                "minimal.toml:4",
            ],
        ),
    ];
    for (packages, lines, code, words) in cases {
        let Some(project) = bootable(packages, lines) else {
            return;
        };
        project.home.write("second.bin", "second");
        let run = project.run(&["build"]).exits(code);
        for word in words {
            assert!(run.stderr.contains(word), "{word}\n{}", run.stderr);
        }
        let left = names(&project);
        assert!(
            left.iter().all(|name| name == "minimal.log.json"),
            "{left:?}"
        );
    }
}

#[test]
fn a_kernel_is_chosen_by_its_package() {
    let two = [kernel("6.1.0-1"), kernel("6.1.0-2")];
    let lines =
        "forms = [\"disk\"]\n[disk]\ngrow = false\n[boot]\nkernel = \"linux-image-6.1.0-2\"\n";
    let Some(project) = bootable(&two, lines) else {
        return;
    };
    project.run(&["build"]).exits(0);
    let record = json(&built(&project, "minimal.image.json"));
    assert_eq!(record["boot"]["kernel_version"], "6.1.0-2");
}

#[test]
fn a_full_disk_leaves_no_image_and_the_next_build_works() {
    if !is_root() {
        eprintln!("skipped: only root can mount a small disk");
        return;
    }
    let Some(project) = locked(DISK) else {
        return;
    };
    // What the tree is told by fits, the disk made of it does not.
    project.run(&["build", "--kind", "tar"]).exits(0);
    let room = 1 << 20;
    let script = format!(
        "mount -t tmpfs -o size={room} none build && {{ {PROGRAM} build; echo $?; ls -A {PLACE}; }}"
    );
    let output = project
        .home
        .command("unshare")
        .args(["--mount", "sh", "-c", &script])
        .output()
        .expect("unshare");
    let messages = String::from_utf8_lossy(&output.stderr);
    let said = String::from_utf8_lossy(&output.stdout);
    let told = "error: disk full: the image of minimal, amd64, cannot be written\n";
    assert!(messages.contains(told), "{messages}");
    assert_eq!(said, "3\nminimal.log.json\n", "{messages}");
    project.run(&["build"]).exits(0);
    assert!(built(&project, "minimal.img").exists());
}

#[test]
fn inspect_finds_each_damage() {
    let Some(project) = locked(DISK) else {
        return;
    };
    project.run(&["build"]).exits(0);
    let verify = ["inspect", "--verify"];
    let run = project.run(&verify).exits(0);
    assert!(run.stdout.contains("Records and image fit each other."));
    let (disk, map) = (
        built(&project, "minimal.img"),
        built(&project, "minimal.img.bmap"),
    );
    let record = built(&project, "minimal.image.json");
    let good = fs::read(&disk).expect("a disk");
    let kernel = good.windows(KERNEL.len()).position(|part| part == KERNEL);
    let root = json(&record)["disk"]["partitions"][1]["start"].as_u64();
    let flipped = |path: &Path, at: usize| {
        let bytes = fs::read(path).expect("a file");
        let mut other = bytes.clone();
        other[at] ^= 1;
        fs::write(path, other).expect("written");
        bytes
    };
    let uki = "partition 1 (esp), /EFI/BOOT/BOOTX64.EFI";
    let table: [(&Path, usize, &[&str]); 4] = [
        (
            &disk,
            kernel.expect("a kernel"),
            &[
                &format!("{uki}: sha256"),
                &format!("{uki}, kernel: sha256"),
                "partition 1 (esp): sha256",
                "block map, bytes ",
            ],
        ),
        (
            &disk,
            root.expect("a place") as usize + 1080,
            &["partition 2 (root): sha256", "block map, bytes "],
        ),
        (
            &disk,
            600_000,
            &["block map: hole: recorded zeroes, found something at byte 600000"],
        ),
        (
            &map,
            300,
            &[
                "minimal.img.bmap: sha256",
                "it is not what its own digest says",
            ],
        ),
    ];
    for (path, at, expected) in table {
        let before = flipped(path, at);
        let run = project.run(&verify).exits(1);
        for words in expected {
            assert!(run.stdout.contains(words), "{words}\n{}", run.stdout);
        }
        fs::write(path, before).expect("written");
    }
    let text = fs::read_to_string(&record).expect("a record");
    fs::write(&record, text.replacen(" ro ", " rw ", 1)).expect("written");
    let run = project.run(&verify).exits(1);
    for words in [
        "minimal.image.json: sha256",
        &format!("{uki}: command line"),
    ] {
        assert!(run.stdout.contains(words), "{words}\n{}", run.stdout);
    }
}

#[test]
fn inspect_takes_every_kind() {
    let Some(project) = locked(DISK) else {
        return;
    };
    let forms = ["disk", "tar", "dir", "ext4", "squashfs", "erofs", "initrd"];
    let mut arguments = vec!["build", "--compress", "zst"];
    arguments.extend(forms.iter().flat_map(|form| ["--kind", form]));
    project.run(&arguments).exits(0);
    let endings = [
        "img",
        "img.zst",
        "img.bmap",
        "tar",
        "root",
        "ext4",
        "squashfs",
        "erofs",
        "initrd",
        "tree.json",
        "image.json",
        "packages.json",
        "buildinfo.json",
        "log.json",
    ];
    let whole = project.run(&["inspect", "--verify"]).exits(0).stdout;
    for words in [
        "minimal · bookworm amd64",
        "minimal.squashfs  squashfs",
        "Linux 6.1.0-1 by uki",
    ] {
        assert!(whole.contains(words), "{words}\n{whole}");
    }
    for ending in endings {
        let path = built(&project, &format!("minimal.{ending}"));
        let run = project.run(&["inspect", text(&path)]).exits(0);
        assert!(
            run.stdout.contains("--verify reads the image too"),
            "{ending}"
        );
        let head = run.stdout.lines().next().unwrap_or_default();
        assert_eq!(Some(head), whole.lines().next(), "{ending}");
    }
    // Of one form alone there is less to tell.
    project
        .run(&["build", "--kind", "initrd", "-o", "out/x.initrd"])
        .exits(0);
    let run = project
        .run(&["inspect", "out/x.initrd", "--verify"])
        .exits(0);
    assert!(!run.stdout.contains(" by uki"), "{}", run.stdout);
    let other = project.home.work().join("other.img");
    fs::write(&other, "nobody knows").expect("a file");
    let run = project.run(&["inspect", "./other.img"]).exits(2);
    let expected =
        "other.img lies without the records of its build: ./other.buildinfo.json is not there";
    assert!(run.stderr.contains(expected), "{}", run.stderr);
}
