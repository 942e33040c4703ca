//! Areas are proportional, nothing overlaps, nothing is lost, whatever the files are.

use super::group::{Group, Kind, packages};
use super::layout::{Area, squarify};
use super::svg::{HEIGHT, Piece, WIDTH, pieces, svg};
use crate::files::{File, Files};

/// A fixed sequence of numbers that look random.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        self.0 >> 33
    }

    /// A number of any size, small ones as likely as large ones.
    fn any(&mut self, bits: u64) -> u64 {
        let bits = self.below(bits).max(1);
        self.below(1 << bits)
    }

    fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }
}

fn overlap(left: &Area, right: &Area) -> bool {
    left.left < right.right
        && right.left < left.right
        && left.top < right.bottom
        && right.top < left.bottom
}

#[test]
fn areas_are_proportional_and_fill_the_whole() {
    let mut numbers = Numbers(1);
    for case in 0..300 {
        let count = numbers.below(60) as usize + 1;
        let huge = case % 7 == 0;
        let mut weights: Vec<u64> = (0..count)
            .map(|_| match numbers.below(4) {
                0 => numbers.below(3),
                1 if huge => u64::MAX - numbers.below(9),
                _ => numbers.any(30),
            })
            .collect();
        weights.sort_by_key(|weight| std::cmp::Reverse(*weight));
        let area = Area {
            left: numbers.below(50) as f64,
            top: numbers.below(50) as f64,
            right: 60.0 + numbers.below(2000) as f64,
            bottom: 60.0 + numbers.below(2000) as f64,
        };
        let areas = squarify(&weights, area);
        assert_eq!(areas, squarify(&weights, area), "the same each time");
        assert_eq!(areas.len(), weights.len());
        let whole: u128 = weights.iter().map(|weight| u128::from(*weight)).sum();
        for (at, one) in areas.iter().enumerate() {
            let within = one.left >= area.left
                && one.right <= area.right
                && one.top >= area.top
                && one.bottom <= area.bottom;
            assert!(within, "case {case}: {one:?} of {area:?}");
            if whole > 0 {
                let expected = area.size() * (weights[at] as f64 / whole as f64);
                assert!(
                    (one.size() - expected).abs() <= area.size() * 1e-9,
                    "case {case}: {one:?} is {} not {expected}",
                    one.size()
                );
            }
            let clash = areas[..at].iter().find(|other| overlap(one, other));
            assert!(clash.is_none(), "case {case}: {one:?} lies over {clash:?}");
        }
        if whole > 0 {
            let sum: f64 = areas.iter().map(Area::size).sum();
            assert!(
                (sum - area.size()).abs() <= area.size() * 1e-9,
                "case {case}"
            );
        }
    }
}

#[test]
fn pieces_are_rather_square() {
    let areas = squarify(&[6, 6, 4, 3, 2, 2, 1], Area::sized(6.0, 4.0));
    let longest = areas
        .iter()
        .map(|one| (one.width() / one.height()).max(one.height() / one.width()));
    // The example of the paper, whose worst piece is this.
    assert!(longest.fold(0.0, f64::max) < 2.8);
}

fn random_files(numbers: &mut Numbers) -> Files {
    const NAMES: [&str; 9] = [
        "usr",
        "lib",
        "share",
        "doc",
        "a",
        "b",
        "modules",
        "<&>",
        "x\u{202e}",
    ];
    let count = numbers.below(400) + 1;
    let files = (0..count).map(|at| {
        let depth = numbers.below(6);
        let mut path: String = (0..depth)
            .map(|_| format!("/{}", NAMES[numbers.below(9) as usize]))
            .collect();
        path.push_str(&format!("/file{at}"));
        File {
            path,
            size: numbers.any(24),
            package: (numbers.below(5) > 0).then(|| format!("package{}", numbers.below(12))),
        }
    });
    Files {
        files: files.collect(),
        ..Files::default()
    }
}

/// What the pieces without parts hold, with how many files.
fn leaves(pieces: &[Piece]) -> (u64, u64) {
    let sums = pieces.iter().map(|piece| match piece.parts.as_slice() {
        [] => (piece.group.bytes, piece.group.files),
        parts => leaves(parts),
    });
    sums.fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1))
}

fn check_pieces(pieces: &[Piece], within: &Area) {
    for (at, piece) in pieces.iter().enumerate() {
        let area = &piece.area;
        assert!(
            area.left >= within.left
                && area.right <= within.right
                && area.top >= within.top
                && area.bottom <= within.bottom
        );
        assert!(pieces[..at].iter().all(|other| !overlap(area, &other.area)));
        check_pieces(&piece.parts, area);
    }
}

#[test]
fn nothing_is_lost_between_files_and_picture() {
    let mut numbers = Numbers(7);
    for _ in 0..60 {
        let files = random_files(&mut numbers);
        let groups = packages(&files);
        let area = Area::sized(WIDTH, HEIGHT);
        let placed = pieces(&groups, area);
        let with_content = files.files.iter().filter(|file| file.size > 0);
        let (bytes, count) = leaves(&placed);
        assert_eq!(bytes, files.bytes());
        // Files of nothing are counted with the directory that they lie in, if at all.
        assert!(count >= with_content.count() as u64 && count <= files.files.len() as u64);
        check_pieces(&placed, &area);
        let parts = |group: &Group| group.parts.iter().map(|part| part.bytes).sum::<u64>();
        for group in &groups {
            assert_eq!(group.bytes, parts(group));
            assert!(
                group
                    .parts
                    .iter()
                    .all(|part| part.parts.is_empty() || part.bytes == parts(part))
            );
        }
    }
}

#[test]
fn names_in_the_picture_are_only_text() {
    let file = |path: &str, package: &str| File {
        path: path.to_owned(),
        size: 1000,
        package: Some(package.to_owned()),
    };
    let files = Files {
        files: vec![
            file("/usr/\"><script>alert(1)</script>/x", "<b>&\"'"),
            file("no slash at all", ""),
            file("", "empty"),
            file("////", "slashes"),
            file("/\u{f6}\u{1f600}/\u{f6}", "wide"),
        ],
        ..Files::default()
    };
    let text = svg(&packages(&files), &|bytes| format!("{bytes} B")).into_string();
    assert!(!text.contains("<script") && !text.contains("<b>"), "{text}");
    assert!(text.contains("&lt;b&gt;&amp;&quot;"), "{text}");
    let full = svg(&[], &|bytes| bytes.to_string()).into_string();
    assert!(full.starts_with("<svg"), "{full}");
}

#[test]
fn what_a_file_is_for_follows_from_its_path() {
    let table = [
        ("/boot/vmlinuz-6.1", Kind::Kernel),
        ("/usr/lib/modules/6.1/kernel/a.ko", Kind::Kernel),
        ("/lib/modules/6.1/kernel/a.ko", Kind::Kernel),
        ("/usr/lib/firmware/a.bin", Kind::Firmware),
        ("/usr/sbin/sshd", Kind::Programs),
        ("/bin/sh", Kind::Programs),
        ("/usr/lib/x86_64-linux-gnu/libc.so.6", Kind::Libraries),
        ("/lib64/ld.so", Kind::Libraries),
        ("/usr/share/perl5/a.pm", Kind::Data),
        ("/usr/share/locale/de/a.mo", Kind::Languages),
        ("/usr/share/doc/a/copyright", Kind::Documentation),
        ("/etc/passwd", Kind::State),
        ("/var/lib/dpkg/status", Kind::State),
    ];
    for (path, kind) in table {
        assert_eq!(Kind::of(path), kind, "{path}");
    }
}
