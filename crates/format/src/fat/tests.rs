use std::path::Path;
use std::process::Command;

use super::*;

fn options(kind: Kind) -> Options {
    let (size, cluster) = match kind {
        Kind::Fat16 => (16 << 20, 2048),
        Kind::Fat32 => (64 << 20, 512),
    };
    Options {
        kind,
        size,
        cluster,
        id: 0x1234_abcd,
        label: "ESP".to_owned(),
        time: 1_793_275_201,
    }
}

fn made(options: &Options, files: &[File<'_>]) -> Vec<u8> {
    let mut bytes = Vec::new();
    write(&mut bytes, options, files).unwrap();
    assert_eq!(bytes.len() as u64, options.size);
    bytes
}

fn run(program: &str, arguments: &[&str], image: &Path) -> String {
    let output = Command::new(program)
        .args(arguments)
        .arg(image)
        .env("TZ", "UTC")
        .env("MTOOLS_SKIP_CHECK", "1")
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{program}: {text}");
    text
}

#[test]
fn fsck_is_content_and_every_file_comes_back() {
    let large: Vec<u8> = (0..300_000_u32)
        .flat_map(|number| number.to_le_bytes())
        .collect();
    let names: Vec<String> = (0..200)
        .map(|number| format!("a rather long name, number {number}.conf"))
        .collect();
    let mut files = vec![
        File {
            path: "EFI/BOOT/BOOTX64.EFI",
            content: &large,
        },
        File {
            path: "EFI/Linux/debian-6.1.0-40.efi",
            content: b"kernel",
        },
        File {
            path: "empty",
            content: b"",
        },
        File {
            path: "ünïcode näme.txt",
            content: b"text",
        },
    ];
    let paths: Vec<String> = names.iter().map(|name| format!("many/{name}")).collect();
    files.extend(paths.iter().map(|path| File {
        path,
        content: b"x",
    }));
    let directory = tempfile::tempdir().unwrap();
    for kind in [Kind::Fat16, Kind::Fat32] {
        let image = directory.path().join("image");
        std::fs::write(&image, made(&options(kind), &files)).unwrap();
        run("/usr/sbin/fsck.fat", &["-n", "-v"], &image);
        let out = directory.path().join(format!("{kind:?}"));
        std::fs::create_dir(&out).unwrap();
        let status = Command::new("mcopy")
            .args(["-s", "-i"])
            .arg(&image)
            .arg("::*")
            .arg(&out)
            .env("LC_ALL", "C.UTF-8")
            .status()
            .unwrap();
        assert!(status.success());
        for file in &files {
            assert_eq!(
                std::fs::read(out.join(file.path)).unwrap(),
                file.content,
                "{}",
                file.path
            );
        }
    }
}

#[test]
fn label_number_and_date_are_as_asked() {
    let directory = tempfile::tempdir().unwrap();
    let image = directory.path().join("image");
    let file = File {
        path: "LOADER.CON",
        content: b"x",
    };
    std::fs::write(&image, made(&options(Kind::Fat32), &[file])).unwrap();
    let text = run("mdir", &["-i"], &image);
    assert!(text.contains("Volume in drive : is ESP"), "{text}");
    assert!(text.contains("1234-ABCD"), "{text}");
    assert!(
        text.contains("LOADER   CON         1 2026-10-29  12:00"),
        "{text}"
    );
}

#[test]
fn the_calendar_ends_where_that_of_fat_does() {
    assert_eq!(
        tree::Time::of(0),
        tree::Time {
            date: 0x21,
            time: 0
        }
    );
    assert_eq!(
        tree::Time::of(i64::MAX),
        tree::Time {
            date: 127 << 9 | 12 << 5 | 31,
            time: 23 << 11 | 59 << 5 | 29
        }
    );
    assert_eq!(tree::Time::of(951_827_696).date, 20 << 9 | 2 << 5 | 29);
}

#[test]
fn what_does_not_fit_is_refused() {
    let fails = |options: &Options, files: &[File<'_>]| {
        write(&mut Vec::new(), options, files)
            .unwrap_err()
            .to_string()
    };
    let fat16 = options(Kind::Fat16);
    let large = vec![0; 17 << 20];
    let file = |path| File { path, content: b"" };
    assert!(
        fails(
            &fat16,
            &[File {
                path: "x",
                content: &large
            }]
        )
        .contains("need")
    );
    let long = "x".repeat(256);
    for path in ["", "a//b", "..", "a:b", "dot.", &long] {
        assert!(
            fails(&fat16, &[file(path)]).contains("cannot be a name"),
            "{path}"
        );
    }
    for pair in [["a", "A"], ["a", "a"], ["a", "a/b"], ["a/b", "a"]] {
        assert!(fails(&fat16, &pair.map(file)).contains("twice"), "{pair:?}");
    }
    let small = Options {
        size: 1 << 20,
        ..fat16.clone()
    };
    assert!(fails(&small, &[]).contains("no Fat16"));
    let odd = Options {
        cluster: 3000,
        ..fat16
    };
    assert!(fails(&odd, &[]).contains("no Fat16"));
}
