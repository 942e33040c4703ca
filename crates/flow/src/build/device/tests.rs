//! What a tree gets for its disk, by suite and layout.

use formwork_model::project::Project;
use formwork_model::source::Source;
use serde_json::json;

use super::*;

/// The layout of an image of this text.
fn layout(suite: &str, image: &str) -> Layout {
    let project = format!(
        "[project]\nname = \"x\"\nsuites = [\"{suite}\"]\narchitectures = [\"amd64\"]\n\
         [repositories.debian]\nsuite = \"{suite}\"\n"
    );
    let images = [("gateway", Source::new("images/gateway.toml", image))];
    let project = Project::read(Source::new("formwork.toml", &project), &images);
    let project = project.unwrap_or_else(|error| panic!("{error}"));
    project.builds()[0].layout.clone()
}

/// An order for a tree with these packages.
fn job(suite: &str, packages: &[&str]) -> Job {
    let package = |name: &&str| {
        json!({"name": name, "version": "1", "architecture": "amd64", "file": "", "size": 0,
               "sha256": "", "wished": true})
    };
    let packages: Vec<serde_json::Value> = packages.iter().map(package).collect();
    let job = json!({
        "architecture": "amd64", "foreign": [], "suite": suite, "date": 0, "packages": packages,
        "limits": {"script_seconds": 1, "output_bytes": 1, "tree_bytes": 1}, "outputs": [],
        "until": "finished", "keep": null,
    });
    serde_json::from_value(job).expect("an order")
}

/// The content of a file that is added.
fn content(job: &Job, path: &str) -> Option<String> {
    let file = job.settings.files.iter().find(|file| file.path == path)?;
    match &file.content {
        Content::Text(text) => Some(text.clone()),
        Content::File(_) => None,
    }
}

fn added(suite: &str, image: &str, packages: &[&str]) -> Result<Job, String> {
    let mut job = job(suite, packages);
    let seed = Sha256::of(b"seed");
    add(&mut job, &layout(suite, image), &seed).map_err(|error| error.to_string())?;
    assert!(
        job.settings
            .files
            .is_sorted_by(|left, right| left.path < right.path)
    );
    Ok(job)
}

const DISK: &str = "forms = [\"disk\"]\n";

#[test]
fn each_suite_grows_with_what_it_has() {
    let table: [(&str, &[&str], &str); 7] = [
        ("bookworm", &["systemd"], ""),
        ("bookworm", &[], "package systemd,"),
        ("bullseye", &["fdisk", "systemd"], ""),
        ("bullseye", &["systemd"], "package fdisk,"),
        ("trixie", &["systemd", "systemd-repart"], ""),
        ("trixie", &["systemd"], "package systemd-repart,"),
        ("sid", &["systemd"], "package systemd-repart,"),
    ];
    for (suite, packages, complaint) in table {
        let added = added(suite, DISK, packages);
        match added {
            Ok(job) => {
                assert_eq!(complaint, "", "{suite} {packages:?}");
                let definition = content(&job, "/etc/repart.d/01-root.conf");
                let unit = content(&job, growth::UNIT);
                assert_eq!(definition.is_some(), suite != "bullseye", "{suite}");
                assert_eq!(unit.is_some(), suite == "bullseye", "{suite}");
                assert_eq!(job.settings.links.len(), usize::from(suite == "bullseye"));
            }
            Err(error) => {
                assert!(
                    !complaint.is_empty() && error.contains(complaint),
                    "{error}"
                );
            }
        }
    }
    let still = added("trixie", "forms = [\"disk\"]\ndisk.grow = false\n", &[]);
    assert!(still.is_ok_and(|job| content(&job, "/etc/repart.d/01-root.conf").is_none()));
}

#[test]
fn of_partitions_of_one_type_the_last_alone_grows() {
    let image =
        "forms = [\"disk\"]\n[partitions.b]\nmount = \"/b\"\n[partitions.a]\nmount = \"/a\"\n";
    let job = added("bookworm", image, &["systemd"]).expect("good");
    let head = "[Partition]\nType=linux-generic\nSizeMinBytes=4096\n";
    let first = content(&job, "/etc/repart.d/01-a.conf").expect("a definition");
    assert_eq!(first, format!("{head}Weight=0\n"));
    let last = content(&job, "/etc/repart.d/02-b.conf").expect("a definition");
    assert_eq!(last, head);
    let fstab = content(&job, FSTAB).expect("a table");
    let options: Vec<Vec<&str>> = fstab
        .lines()
        .skip(1)
        .map(|line| line.split(' ').skip(1).collect())
        .collect();
    assert_eq!(
        options,
        [
            ["/", "ext4", "defaults", "0", "1"],
            ["/a", "ext4", "defaults", "0", "2"],
            ["/b", "ext4", GROW, "0", "2"],
        ]
    );
    let made: Vec<&str> = job
        .settings
        .directories
        .iter()
        .map(|directory| directory.path.as_str())
        .collect();
    assert_eq!(made, ["/a", "/b"]);
}

#[test]
fn a_table_that_the_image_writes_stays() {
    let mut job = job("bookworm", &["systemd"]);
    file(&mut job.settings, FSTAB, "mine".to_owned(), 0o600);
    let seed = Sha256::of(b"seed");
    add(&mut job, &layout("bookworm", DISK), &seed).expect("good");
    assert_eq!(content(&job, FSTAB).as_deref(), Some("mine"));
}

#[test]
fn what_cannot_be_written_has_memory_for_what_is_temporary() {
    let image = "forms = [\"disk\"]\n[disk]\nstate = false\n[partitions.root]\nfilesystem = \"erofs\"\n\
                 [partitions.esp]\nmount = \"/boot/efi\"\n";
    let job = added("bookworm", image, &[]).expect("nothing grows");
    let fstab = content(&job, FSTAB).expect("a table");
    let options: Vec<&str> = fstab
        .lines()
        .skip(1)
        .filter_map(|line| line.split_once(' '))
        .map(|(_, rest)| rest)
        .collect();
    assert_eq!(
        options,
        [
            "/ erofs ro 0 0",
            "/boot/efi vfat umask=0077 0 0",
            "/tmp tmpfs nosuid,nodev,mode=1777 0 0",
        ]
    );
    let state = "forms = [\"disk\"]\n[partitions.root]\nfilesystem = \"erofs\"\n";
    let error = added("bookworm", state, &["systemd"]).expect_err("no tools");
    assert!(error.contains("package initramfs-tools,"), "{error}");
    let job = added("bookworm", state, &["systemd", "initramfs-tools-core"]).expect("good");
    let script = content(&job, state::SCRIPT).expect("a script");
    let id = partition_uuid(&Sha256::of(b"seed"), "var");
    assert!(
        script.contains(&format!("resolve_device PARTUUID={id})")),
        "{script}"
    );
}

#[test]
fn names_follow_from_tree_and_layout_and_from_nothing_else() {
    let order = job("bookworm", &["systemd"]);
    let plain = layout("bookworm", DISK);
    let first = seed(&order, &plain).expect("a seed");
    let mut elsewhere = order.clone();
    elsewhere.packages[0].file = "/somewhere/else".into();
    elsewhere.limits.tree_bytes = 7;
    let moved = layout("bookworm", "packages = []\nforms = [\"disk\"]\n");
    assert_eq!(seed(&elsewhere, &moved).expect("a seed"), first);
    let mut other = order.clone();
    other.packages[0].sha256 = "00".to_owned();
    let large = layout("bookworm", "forms = [\"disk\"]\ndisk.size = \"4G\"\n");
    assert_ne!(seed(&other, &plain).expect("a seed"), first);
    assert_ne!(seed(&order, &large).expect("a seed"), first);
}
