use super::*;

/// A program with a header of 1024 bytes and one section, as small as the rules allow.
fn stub() -> Vec<u8> {
    let mut bytes = vec![0; 1536];
    bytes[..2].copy_from_slice(b"MZ");
    bytes[60] = 0x80;
    bytes[0x80..0x84].copy_from_slice(b"PE\0\0");
    let coff = 0x84;
    bytes[coff + 2] = 1;
    bytes[coff + 16] = 240;
    let optional = coff + 20;
    bytes[optional..optional + 2].copy_from_slice(&[0x0b, 0x02]);
    let mut set = |at: usize, value: u32| bytes[at..at + 4].copy_from_slice(&value.to_le_bytes());
    set(optional + optional::SECTION_ALIGNMENT, 4096);
    set(optional + optional::FILE_ALIGNMENT, 512);
    set(optional + optional::IMAGE_SIZE, 8192);
    set(optional + optional::HEADERS_SIZE, 1024);
    set(optional + optional::CHECKSUM, 77);
    let table = optional + 240;
    for (index, value) in [100, 4096, 512, 1024].into_iter().enumerate() {
        set(table + 8 + index * 4, value);
    }
    bytes[table..table + 5].copy_from_slice(b".text");
    bytes[1024..1028].copy_from_slice(b"code");
    bytes.extend(b"bytes behind the last section");
    bytes
}

#[test]
fn added_sections_are_found_again() {
    let image = append(&stub(), &[(".cmdline", b"quiet"), (".linux", &[1; 5000])]).unwrap();
    let list = sections(&image).unwrap();
    let names: Vec<&str> = list.iter().map(|section| section.name.as_str()).collect();
    assert_eq!(names, [".text", ".cmdline", ".linux"]);
    assert_eq!(content(&image, &list[1]).unwrap(), b"quiet");
    assert_eq!(content(&image, &list[2]).unwrap(), [1; 5000]);
    assert_eq!((list[1].address, list[2].address), (8192, 12_288));
    assert_eq!((list[1].offset, list[2].offset), (1536, 2048));
    assert_eq!(image.len(), 2048 + 5120);
}

#[test]
fn what_cannot_be_is_refused() {
    let many: Vec<(&str, &[u8])> = vec![(".x", b""); 20];
    assert_eq!(append(&stub(), &many).unwrap_err(), PeError::NoRoom(20));
    assert!(matches!(
        append(&stub(), &[(".toolongname", b"")]),
        Err(PeError::LongName(_))
    ));
    for length in 0..stub().len() - 30 {
        let cut = &stub()[..length];
        assert!(append(cut, &[(".cmdline", b"quiet")]).is_err(), "{length}");
    }
}
