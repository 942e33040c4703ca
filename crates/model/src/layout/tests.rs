//! What the keys of a layout mean, and every complaint about them with its place.

use super::*;
use crate::project::Project;
use crate::source::{FileError, Source};

const MEBIBYTE: u64 = 1 << 20;

/// The layout of an image of this text, for the suite that comes first.
fn read_for(suite: &str, image: &str) -> Result<Layout, FileError> {
    let project = format!(
        "[project]\nname = \"x\"\nsuites = [\"{suite}\"]\narchitectures = [\"amd64\"]\n\
         [repositories.debian]\nsuite = \"{suite}\"\n"
    );
    let images = [("gateway", Source::new("images/gateway.toml", image))];
    let project = Project::read(Source::new("formwork.toml", &project), &images)?;
    let builds = project.builds();
    Ok(builds.first().expect("a build").layout.clone())
}

fn read(image: &str) -> Layout {
    read_for("bookworm", image).unwrap_or_else(|error| panic!("{error:?}"))
}

/// The partitions in a line each.
fn partitions(layout: &Layout) -> Vec<String> {
    let line = |partition: &Partition| {
        let filesystem = partition.filesystem.map_or("-", FileSystem::as_str);
        let mount = partition.mount.as_deref().unwrap_or("-");
        let size = partition.size.map_or(0, |size| size / MEBIBYTE);
        let free = partition.free / MEBIBYTE;
        format!("{} {filesystem} {mount} {size} {free}", partition.name)
    };
    layout.partitions.iter().map(line).collect()
}

#[test]
fn an_image_without_a_word_of_it_is_a_tar_archive() {
    let layout = read("");
    assert_eq!(layout.forms, [Form::Tar]);
    assert_eq!(layout.boot, None);
    assert!(layout.grow && layout.block_map && !layout.state);
    assert_eq!((layout.size, layout.compress), (None, None));
    assert_eq!(partitions(&layout), ["esp vfat - 0 0", "root ext4 / 0 64"]);
}

#[test]
fn a_disk_boots_by_its_kernel_image() {
    let boot = read("packages = []\nforms = [\"disk\", \"tar\", \"disk\"]\n").boot;
    let boot = boot.expect("a disk boots");
    assert_eq!((boot.loader, boot.watchdog), (Loader::Uki, 0));
    assert_eq!(boot.at, "images/gateway.toml:2");
    assert_eq!(read("forms = [\"ext4\"]").boot, None);
    assert!(read("[boot]\n").boot.is_some());
}

#[test]
fn every_key_means_what_it_says() {
    let layout = read(
        r#"
forms = ["tar", "disk"]
[boot]
loader = "efibootguard"
kernel = "linux-image-cloud-amd64"
initrd = "initramfs-tools"
command_line = ["quiet", "panic=5"]
watchdog = 40
[disk]
size = "4G"
grow = false
compress = "zst"
bmap = false
[partitions.esp]
size = "16M"
label = "EFI"
mount = "/boot/efi"
[partitions.root]
free = "128M"
label = "system"
[partitions.zeta]
filesystem = "none"
size = 1048576
[partitions.data]
mount = "/var/lib/data"
options = ["nosuid", "nodev"]
[blobs.u-boot]
offset = "8K"
source = "boards/u-boot.bin"
[blobs.first]
offset = 4096
package = "u-boot-sunxi"
file = "/usr/lib/u-boot/x.bin"
"#,
    );
    assert_eq!(layout.forms, [Form::Disk, Form::Tar]);
    let boot = layout.boot.clone().expect("boot");
    assert_eq!((boot.loader, boot.watchdog), (Loader::EfiBootGuard, 40));
    let kernel = boot.kernel.expect("a kernel");
    assert_eq!(kernel.text, "linux-image-cloud-amd64");
    assert_eq!(kernel.at, "images/gateway.toml:5");
    assert_eq!(boot.initrd, Maker::InitramfsTools);
    assert_eq!(boot.command_line, ["quiet", "panic=5"]);
    assert_eq!(layout.size, Some(4 << 30));
    assert_eq!(layout.compress, Some(Compression::Zst));
    assert!(!layout.grow && !layout.block_map);
    assert_eq!(
        partitions(&layout),
        [
            "esp vfat /boot/efi 16 0",
            "boot0 vfat - 64 0",
            "boot1 vfat - 64 0",
            "root ext4 / 0 128",
            "data ext4 /var/lib/data 0 64",
            "zeta - - 1 0",
        ]
    );
    assert_eq!(layout.partitions[4].options, ["nosuid", "nodev"]);
    assert_eq!(layout.partitions[3].label.as_deref(), Some("system"));
    let blobs: Vec<(&str, u64)> = layout
        .blobs
        .iter()
        .map(|blob| (blob.name.as_str(), blob.offset))
        .collect();
    assert_eq!(blobs, [("first", 4096), ("u-boot", 8192)]);
    let bare = layout.bare();
    assert!(
        !serde_json::to_string(&bare)
            .expect("JSON")
            .contains(".toml:")
    );
}

#[test]
fn a_read_only_root_gets_a_place_for_its_state() {
    for kind in ["squashfs", "erofs"] {
        let root = format!("[partitions.root]\nfilesystem = \"{kind}\"\n");
        let layout = read(&root);
        assert!(layout.state);
        let expected = [
            "esp vfat - 0 0".to_owned(),
            format!("root {kind} / 0 0"),
            "var ext4 /var 0 64".to_owned(),
        ];
        assert_eq!(partitions(&layout), expected);
        let layout = read(&format!("{root}[disk]\nstate = false\n"));
        assert!(!layout.state);
        assert_eq!(partitions(&layout), expected[..2]);
        let layout = read(&format!("{root}[partitions.state]\nmount = \"/var\"\n"));
        assert!(layout.state);
        assert_eq!(partitions(&layout)[2], "state ext4 /var 0 64");
    }
}

#[test]
fn options_add_to_a_layout_and_replace_values_of_it() {
    let image = r#"
forms = ["disk"]
with = ["large"]
[partitions.root]
size = "1G"
[options.large]
forms = ["disk", "tar"]
[options.large.partitions.root]
size = "2G"
[options.large.partitions.data]
mount = "/data"
"#;
    let layout = read(image);
    assert_eq!(layout.forms, [Form::Disk, Form::Tar]);
    assert_eq!(
        partitions(&layout),
        [
            "esp vfat - 0 0",
            "root ext4 / 2048 64",
            "data ext4 /data 0 64"
        ]
    );
}

#[test]
fn no_loader_needs_no_partition_of_its_own() {
    let layout = read("forms = [\"disk\"]\n[boot]\nloader = \"none\"\n");
    assert_eq!(partitions(&layout), ["root ext4 / 0 64"]);
}

#[test]
fn sizes_are_bytes_or_have_a_unit() {
    let table = [
        ("1048576", Some(MEBIBYTE)),
        ("\"1048576\"", Some(MEBIBYTE)),
        ("\"512M\"", Some(512 * MEBIBYTE)),
        ("\"2G\"", Some(2 << 30)),
        ("\"1T\"", Some(1 << 40)),
        ("\"2048K\"", Some(2 * MEBIBYTE)),
        ("\"\"", None),
        ("\"M\"", None),
        ("\"1 M\"", None),
        ("\"+1M\"", None),
        ("\"1m\"", None),
        ("\"1MB\"", None),
        ("-1", None),
        ("\"99999999999T\"", None),
        ("\"9999999T\"", None),
    ];
    for (written, expected) in table {
        let found = read_for("bookworm", &format!("[disk]\nsize = {written}\n"));
        assert_eq!(
            found.ok().and_then(|layout| layout.size),
            expected,
            "{written}"
        );
    }
}

#[test]
fn every_complaint_says_where_and_what_to_try() {
    let table = [
        ("forms = []", 1, "is empty", "disk"),
        ("forms = [\"disc\"]", 1, "no form `disc`", "`disk`"),
        ("[boot]\nloader = \"grub\"", 2, "no loader `grub`", "uki"),
        ("[boot]\nkernel = \"a b\"", 2, "`a b`", "linux-image"),
        ("[boot]\ncommand_line = [\" x\"]", 2, "\" x\"", "ASCII"),
        ("[boot]\ncommand_line = [\"\\t\"]", 2, "no word", "ASCII"),
        (
            "[boot]\ncommand_line = [\"root=/dev/sda\"]",
            2,
            "`root=`",
            "out",
        ),
        ("[boot]\ninitrd = \"dracut\"", 2, "`dracut`", "native"),
        ("[boot]\nwatchdog = 5", 2, "only EFI", "efibootguard"),
        (
            "[boot]\nloader = \"efibootguard\"\nwatchdog = 70000",
            3,
            "70000",
            "65535",
        ),
        ("[disk]\nsize = \"4 GB\"", 2, "`4 GB`", "512M"),
        ("[disk]\nsize = -1", 2, "`-1`", "512M"),
        ("[disk]\ncompress = \"xs\"", 2, "no compression", "`xz`"),
        ("[partitions.Root]", 1, "`Root`", "small letters"),
        ("[partitions.a-much-too-long-name]", 1, "too long", "16"),
        (
            "[partitions.x]\nfilesystem = \"btrfs\"",
            2,
            "`btrfs`",
            "ext4",
        ),
        (
            "[partitions.x]\nfilesystem = \"vfat\"",
            2,
            "`vfat`",
            "erofs",
        ),
        (
            "[partitions.esp]\nfilesystem = \"ext4\"",
            2,
            "`esp`",
            "vfat",
        ),
        (
            "[partitions.root]\nfilesystem = \"none\"",
            2,
            "`root`",
            "ext4",
        ),
        (
            "[partitions.x]\nfilesystem = \"none\"",
            1,
            "no size",
            "512M",
        ),
        ("[partitions.x]\nsize = 1", 2, "1 bytes", "1M"),
        (
            "[partitions.root]\nfilesystem = \"erofs\"\nfree = \"1M\"",
            3,
            "no meaning",
            "out",
        ),
        (
            "[partitions.root]\ncompression = \"zstd\"",
            2,
            "no meaning",
            "squashfs",
        ),
        (
            "[partitions.root]\nfilesystem = \"erofs\"\ncompression = \"xz\"",
            3,
            "`xz`",
            "lz4",
        ),
        (
            "[partitions.root]\nfilesystem = \"erofs\"\ncompression = \"zstd\"",
            3,
            "kernel of bookworm",
            "\"lz4\"",
        ),
        (
            "[partitions.root]\nfilesystem = \"erofs\"\ncompression = \"none\"\nlevel = 3",
            4,
            "nothing is packed",
            "out",
        ),
        (
            "[partitions.root]\nfilesystem = \"squashfs\"\nlevel = 30",
            3,
            "no such level",
            "1 to 22",
        ),
        (
            "[partitions.root]\nfilesystem = \"erofs\"\nlabel = \"sixteen-letters-\"",
            3,
            "no label",
            "15",
        ),
        ("[partitions.root]\nmount = \"/x\"", 2, "`root`", "out"),
        ("[partitions.x]\nmount = \"/etc\"", 2, "`/etc`", "before"),
        (
            "[partitions.x]\nmount = \"/usr/local\"",
            2,
            "`/usr/local`",
            "before",
        ),
        (
            "[partitions.x]\nmount = \"/run/x\"",
            2,
            "`/run/x`",
            "tmpfiles",
        ),
        ("[partitions.x]\nmount = \"/a b\"", 2, "`/a b`", "blanks"),
        ("[partitions.x]\nmount = \"x\"", 2, "`x`", "/etc/motd"),
        (
            "[partitions.x]\nmount = \"/data\"\n[partitions.y]\nmount = \"/data\"",
            3,
            "`x` and `y`",
            "another",
        ),
        ("[partitions.x]\noptions = [\"a,b\"]", 2, "a,b", "nosuid"),
        ("[partitions.x]\nlabel = \"a b\"", 2, "`a b`", "16"),
        (
            "[partitions.esp]\nlabel = \"twelve-chars\"",
            2,
            "twelve",
            "11",
        ),
        (
            "[partitions.x]\nfilesystem = \"squashfs\"\nlabel = \"x\"",
            3,
            "has a label",
            "out",
        ),
        (
            "[partitions.root]\nfilesystem = \"erofs\"\n[partitions.var]\nmount = \"/srv\"",
            3,
            "/var",
            "state = false",
        ),
        ("[blobs.x]\nsource = \"x\"", 1, "where it lies", "offset"),
        ("[blobs.x]\noffset = 0", 1, "made of", "source"),
        (
            "[blobs.x]\noffset = 0\nsource = \"../x\"",
            3,
            "`../x`",
            "relative",
        ),
        (
            "[blobs.x]\noffset = 0\nsource = \"x\"\npackage = \"y\"",
            3,
            "`source` and a package",
            "file =",
        ),
        (
            "[blobs.x]\noffset = 0\npackage = \"y\"\nfile = \"z\"",
            4,
            "`z`",
            "/etc/motd",
        ),
        (
            "[blobs.x]\noffset = 0\npackage = \"y\"",
            1,
            "made of",
            "file =",
        ),
        (
            "[blobs.X]\noffset = 0\nsource = \"x\"",
            1,
            "`X`",
            "small letters",
        ),
        ("[disk]\nseize = 1", 2, "unknown key `seize`", "`size`"),
    ];
    for (image, line, message, hint) in table {
        let error = read_for("bookworm", image).expect_err(image);
        let said = error.hint.clone().unwrap_or_default();
        assert_eq!(error.spot.line, line, "{image}: {error:?}");
        assert!(error.message.contains(message), "{image}: {error:?}");
        assert!(said.contains(hint), "{image}: {error:?}");
    }
}

#[test]
fn a_loader_that_the_suite_lacks_is_refused() {
    let image = "[boot]\nloader = \"efibootguard\"\n";
    let error = read_for("bullseye", image).expect_err("bullseye has none");
    assert_eq!(error.spot.line, 2);
    assert!(error.message.contains("bullseye"), "{}", error.message);
    for suite in ["bookworm", "trixie"] {
        assert!(read_for(suite, image).is_ok());
    }
}

#[test]
fn file_systems_are_packed_as_the_kernel_of_the_suite_reads_them() {
    let packed = |suite: &str, keys: &str| {
        let layout = read_for(suite, &format!("[partitions.root]\n{keys}")).unwrap();
        let packing = layout.root().unwrap().packing;
        packing.map_or("none".to_owned(), |packing| {
            format!("{} {}", packing.packer.as_str(), packing.level)
        })
    };
    let (squashfs, erofs) = ("filesystem = \"squashfs\"\n", "filesystem = \"erofs\"\n");
    for (suite, keys, expected) in [
        ("bookworm", "", "none"),
        ("bookworm", squashfs, "zstd 3"),
        ("bullseye", squashfs, "zstd 3"),
        ("bullseye", erofs, "none"),
        ("bookworm", erofs, "lz4 4"),
        ("trixie", erofs, "zstd 3"),
        ("trixie", &format!("{erofs}compression = \"lz4\""), "lz4 4"),
        ("trixie", &format!("{erofs}compression = \"none\""), "none"),
        ("bookworm", &format!("{erofs}level = 12"), "lz4 12"),
        ("bookworm", &format!("{squashfs}level = 19"), "zstd 19"),
        (
            "bookworm",
            &format!("{squashfs}compression = \"xz\""),
            "xz 6",
        ),
    ] {
        assert_eq!(packed(suite, keys), expected, "{suite} {keys}");
    }
    let layout = read_for("trixie", "forms = [\"erofs\"]").unwrap();
    assert_eq!(
        layout.erofs.map(|packing| packing.packer),
        Some(Packer::Zstd)
    );
}
