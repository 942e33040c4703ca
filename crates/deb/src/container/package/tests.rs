use super::*;

type Named = (&'static str, &'static [u8]);

fn archive(members: &[Named]) -> Vec<u8> {
    let mut bytes = ar::MAGIC.to_vec();
    for (name, content) in members {
        bytes.extend(format!("{name:<16}{:<32}{:<10}`\n", 0, content.len()).bytes());
        bytes.extend_from_slice(content);
        bytes.extend(vec![b'\n'; content.len() % 2]);
    }
    bytes
}

const MARK: Named = ("debian-binary", b"2.0\n");

#[test]
fn the_parts_of_a_package() {
    let bytes = archive(&[
        MARK,
        ("_gpgorigin", b"sig"),
        ("control.tar.xz", b"c"),
        ("data.tar.zst/", b"dd"),
    ]);
    let package = PackageArchive::parse(&bytes).expect("a package");
    assert_eq!(package.control.content, b"c");
    assert_eq!(package.control_compression, Compression::Xz);
    assert_eq!(package.data.content, b"dd");
    assert_eq!(package.data_compression, Compression::Zstandard);
}

#[test]
fn what_is_no_package_is_refused() {
    let control: Named = ("control.tar", b"");
    let data: Named = ("data.tar", b"");
    let table: [(&[Named], &str); 10] = [
        (&[], "expected member `debian-binary`"),
        (&[control, MARK, data], "expected member `debian-binary`"),
        (
            &[("debian-binary", b"3.0\n"), control, data],
            "expected member `debian-binary`",
        ),
        (
            &[("debian-binary", b"2.\n"), control, data],
            "expected member `debian-binary`",
        ),
        (&[MARK], "no member `control.tar`"),
        (&[MARK, data, control], "unexpected member `data.tar`"),
        (&[MARK, control], "no member `data.tar`"),
        (
            &[MARK, control, control, data],
            "unexpected member `control.tar`",
        ),
        (
            &[MARK, control, data, ("data.tar.gz", b"")],
            "unexpected member `data.tar.gz`",
        ),
        (
            &[MARK, ("control.tar.rar", b""), data],
            "unexpected member `control.tar.rar`",
        ),
    ];
    for (members, expected) in table {
        let message = PackageArchive::parse(&archive(members))
            .expect_err(expected)
            .to_string();
        assert!(message.contains(expected), "{message}");
    }
}

#[test]
fn an_absent_control_file_is_named() {
    let message = control_file([0; 1024].as_slice(), "control", Limits::CONTROL)
        .expect_err("nothing in it")
        .to_string();
    assert_eq!(message, "package has no control file `control`");
}
