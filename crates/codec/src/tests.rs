use std::io::Write;

use super::*;

/// A text that packs well but not to nothing.
fn sample(lines: usize) -> Vec<u8> {
    let line = |number: usize| format!("Package: a{number}\nVersion: {}\n\n", number * 7919 % 1000);
    (0..lines)
        .flat_map(|number| line(number).into_bytes())
        .collect()
}

fn pack(compression: Compression, plain: &[u8]) -> Vec<u8> {
    match compression {
        Compression::Plain => plain.to_vec(),
        Compression::Gzip => {
            let mut encoder =
                flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
            encoder.write_all(plain).unwrap();
            encoder.finish().unwrap()
        }
        Compression::Xz => pack_xz(plain, 64 * 1024),
        Compression::Zstd => zstd::stream::encode_all(plain, 1).unwrap(),
    }
}

fn pack_xz(plain: &[u8], block: u64) -> Vec<u8> {
    let stream = MtStreamBuilder::new()
        .threads(2)
        .preset(0)
        .block_size(block)
        .encoder()
        .unwrap();
    let mut packed = Vec::new();
    liblzma::bufread::XzEncoder::new_stream(plain, stream)
        .read_to_end(&mut packed)
        .unwrap();
    packed
}

fn unpack(compression: Compression, packed: &[u8], limits: &Limits) -> io::Result<Vec<u8>> {
    let mut plain = Vec::new();
    decoder(compression, packed, limits)?.read_to_end(&mut plain)?;
    Ok(plain)
}

const ALL: [Compression; 4] = [
    Compression::Plain,
    Compression::Gzip,
    Compression::Xz,
    Compression::Zstd,
];

#[test]
fn every_form_unpacks_with_one_thread_and_with_several() {
    let plain = sample(20_000);
    for compression in ALL {
        let packed = pack(compression, &plain);
        assert_eq!(
            Compression::of_name(&format!("Packages{}", compression.ending())),
            compression
        );
        for threads in [1, 3] {
            let limits = Limits {
                threads,
                ..Limits::bytes(plain.len() as u64)
            };
            assert!(
                unpack(compression, &packed, &limits).unwrap() == plain,
                "{compression:?} {threads}"
            );
        }
    }
}

#[test]
fn joined_streams_are_read_to_the_end() {
    let (first, second) = (sample(100), sample(200));
    let plain = [first.clone(), second.clone()].concat();
    for compression in [Compression::Gzip, Compression::Xz, Compression::Zstd] {
        for padding in [0, 4] {
            if padding > 0 && compression != Compression::Xz {
                continue;
            }
            let packed = [
                pack(compression, &first),
                vec![0; padding],
                pack(compression, &second),
            ]
            .concat();
            for threads in [1, 2] {
                let limits = Limits {
                    threads,
                    ..Limits::bytes(1 << 20)
                };
                assert!(
                    unpack(compression, &packed, &limits).unwrap() == plain,
                    "{compression:?}"
                );
            }
        }
    }
}

#[test]
fn damaged_and_cut_data_is_an_error() {
    let plain = sample(5_000);
    for compression in [Compression::Gzip, Compression::Xz, Compression::Zstd] {
        let packed = pack(compression, &plain);
        for threads in [1, 2] {
            let limits = Limits {
                threads,
                ..Limits::bytes(plain.len() as u64)
            };
            for length in [1, 10, packed.len() / 2, packed.len() - 1] {
                assert!(
                    unpack(compression, &packed[..length], &limits).is_err(),
                    "{compression:?} {length}"
                );
            }
            let mut bad = packed.clone();
            let middle = bad.len() / 2;
            bad[middle] ^= 0xff;
            let result = unpack(compression, &bad, &limits);
            // zstd without a checksum may unpack to something else, which the hash then tells.
            assert!(
                result.is_err() || (compression == Compression::Zstd && result.unwrap() != plain)
            );
        }
    }
}

#[test]
fn more_than_was_signed_is_an_error() {
    let plain = sample(5_000);
    for compression in ALL {
        let packed = pack(compression, &plain);
        let error =
            unpack(compression, &packed, &Limits::bytes(plain.len() as u64 - 1)).unwrap_err();
        assert!(
            error.to_string().contains("more than the"),
            "{compression:?}: {error}"
        );
    }
}

#[test]
fn a_bomb_is_stopped_by_its_ratio() {
    let zeros = vec![0; 80 * 1024 * 1024];
    for compression in [Compression::Xz, Compression::Zstd] {
        let packed = match compression {
            Compression::Xz => pack_xz(&zeros, 1 << 30),
            other => pack(other, &zeros),
        };
        assert!(packed.len() < 80 * 1024);
        let error = unpack(compression, &packed, &Limits::unsigned()).unwrap_err();
        assert!(
            error.to_string().contains("times its size"),
            "{compression:?}: {error}"
        );
        assert!(unpack(compression, &packed, &Limits::bytes(zeros.len() as u64)).is_ok());
    }
}

#[test]
fn memory_is_limited() {
    let packed = pack(Compression::Xz, &sample(100));
    for threads in [1, 2] {
        let limits = Limits {
            memory: 1024,
            threads,
            ..Limits::bytes(1 << 20)
        };
        assert!(unpack(Compression::Xz, &packed, &limits).is_err());
    }
}

struct Case {
    _directory: tempfile::TempDir,
    path: PathBuf,
    packed: Expected,
    plain: Expected,
}

fn case(content: &[u8], plain: &[u8]) -> Case {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("Packages.xz");
    std::fs::write(&path, content).unwrap();
    let expected = |bytes: &[u8]| Expected {
        size: bytes.len() as u64,
        sha256: Some(Sha256::of(bytes)),
    };
    Case {
        path,
        packed: expected(content),
        plain: expected(plain),
        _directory: directory,
    }
}

fn read_all(case: &Case) -> (Vec<u8>, Result<(), UnpackError>) {
    let (packed, plain) = (Some(case.packed), Some(case.plain));
    let mut reader = CheckedReader::open(&case.path, Compression::Xz, packed, plain).unwrap();
    let mut bytes = Vec::new();
    let _ = reader.read_to_end(&mut bytes);
    (bytes, reader.finish())
}

#[test]
fn a_checked_reader_accepts_only_what_was_signed() {
    let plain = sample(50_000);
    let packed = pack(Compression::Xz, &plain);
    let (bytes, result) = read_all(&case(&packed, &plain));
    assert!(bytes == plain);
    result.unwrap();

    let mut wrong = case(&packed, &plain);
    wrong.plain.sha256 = Some(Sha256::of(b"other"));
    let message = read_all(&wrong).1.unwrap_err().to_string();
    assert!(
        message.contains("the unpacked content is not what was signed"),
        "{message}"
    );

    let mut short = case(&packed, &plain);
    short.plain.size += 1;
    let message = read_all(&short).1.unwrap_err().to_string();
    assert!(
        message.contains(&format!("{} bytes", plain.len() + 1)),
        "{message}"
    );

    let mut long = case(&packed, &plain);
    long.plain.size -= 1;
    let message = read_all(&long).1.unwrap_err().to_string();
    assert!(message.contains("more than the"), "{message}");
}

#[test]
fn damage_on_disk_is_reported_as_such_and_not_as_a_decoder_error() {
    let plain = sample(50_000);
    let packed = pack(Compression::Xz, &plain);
    for length in [packed.len() / 2, 0] {
        let damaged = case(&packed, &plain);
        std::fs::write(&damaged.path, &packed[..length]).unwrap();
        let message = read_all(&damaged).1.unwrap_err().to_string();
        assert!(
            message.contains("the packed content is not what was signed"),
            "{message}"
        );
    }
}

#[test]
fn a_reader_that_is_dropped_or_only_finished_does_not_hang() {
    let plain = sample(400_000);
    let whole = case(&pack(Compression::Xz, &plain), &plain);
    let open = || {
        CheckedReader::open(
            &whole.path,
            Compression::Xz,
            Some(whole.packed),
            Some(whole.plain),
        )
        .unwrap()
    };
    drop(open());
    open().finish().unwrap();
}
