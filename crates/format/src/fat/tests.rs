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
fn our_reader_finds_the_files_of_both_writers() {
    let large: Vec<u8> = (0..300_000_u32).flat_map(u32::to_le_bytes).collect();
    let files = [
        ("EFI/BOOT/BOOTX64.EFI", &large[..]),
        ("EFI/a long name of a directory/ünïcode näme.txt", b"text"),
        ("EMPTY", b""),
    ];
    let files = files.map(|(path, content)| File { path, content });
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("image");
    for kind in [Kind::Fat16, Kind::Fat32] {
        let ours = made(&options(kind), &files);
        let file = std::fs::File::create(&path).unwrap();
        file.set_len(options(kind).size).unwrap();
        let width = if kind == Kind::Fat16 { "16" } else { "32" };
        run(
            "/usr/sbin/mkfs.fat",
            &["-i", "1234abcd", "-n", "ESP", "-F", width],
            &path,
        );
        let shell = |words: &[&str]| {
            let mut command = Command::new(words[0]);
            command
                .args(["-i", path.to_str().unwrap()])
                .args(&words[1..]);
            command.env("LC_ALL", "C.UTF-8");
            assert!(command.status().unwrap().success(), "{words:?}");
        };
        for made in ["::EFI", "::EFI/BOOT", "::EFI/a long name of a directory"] {
            shell(&["mmd", made]);
        }
        for file in &files {
            let from = directory.path().join("content");
            std::fs::write(&from, file.content).unwrap();
            shell(&["mcopy", from.to_str().unwrap(), &format!("::{}", file.path)]);
        }
        for bytes in [ours, std::fs::read(&path).unwrap()] {
            let volume = read(&bytes).unwrap();
            assert_eq!(
                (volume.id(), volume.label()),
                ("1234-ABCD".into(), "ESP".into())
            );
            for file in &files {
                let entry = volume.find(&file.path.to_uppercase()).unwrap();
                assert!(
                    volume.content(&entry).unwrap() == file.content,
                    "{}",
                    file.path
                );
            }
            let root = volume.list("").unwrap();
            let names: Vec<&str> = root.iter().map(|entry| &*entry.name).collect();
            assert_eq!(names, ["EFI", "EMPTY"]);
            let used = options(kind).size - volume.free().unwrap();
            assert!((large.len() as u64..4 << 20).contains(&used), "{used}");
            assert!(volume.find("EFI/BOOT/BOOTX64.EFI/x").is_err());
            assert!(volume.find("EFI/none").is_err());
            assert!(volume.list("EMPTY").is_err());
        }
    }
}

#[test]
fn a_damaged_file_system_is_an_error_and_never_a_panic() {
    let file = File {
        path: "EFI/BOOT/BOOTX64.EFI",
        content: &[7; 10_000],
    };
    let whole = made(&options(Kind::Fat16), &[file]);
    let mut state = 1_u64;
    for round in 0..3000 {
        let mut bytes = whole.clone();
        for _ in 0..=round % 4 {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            let sector = [0, 0, 4, 132, 164][(state >> 20) as usize % 5];
            let place = sector * 512 + (state >> 33) as usize % 512;
            bytes[place] = (state >> 50) as u8;
        }
        if let Ok(volume) = read(&bytes)
            && let Ok(entry) = volume.find(file.path)
        {
            let _ = volume.content(&entry);
            let _ = volume.free();
        }
    }
    let mut ring = whole.clone();
    // The first cluster of the first directory follows itself.
    ring[4 * 512 + 4..4 * 512 + 6].copy_from_slice(&2_u16.to_le_bytes());
    let error = read(&ring).unwrap().find(file.path).unwrap_err();
    assert_eq!(
        error,
        FatReadError::Damaged("a chain of clusters never ends")
    );
    assert!(read(&whole[..511]).is_err());
    assert!(read(&vec![0; 4096]).is_err());
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
