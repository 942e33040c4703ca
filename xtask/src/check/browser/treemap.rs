//! The page of `formwork inspect --html` in a real browser: the treemap is a true picture, wide and
//! narrow, light and dark, by pointer, by keys and by search, and it asks for nothing from outside.

use std::collections::BTreeMap;

use formwork_testkit::env::Home;
use serde_json::{Value, json};

use super::super::{Findings, documents};
use super::{browser, said};

const PROBE: &str = include_str!("probe.js");
/// How many packages the image has that is looked at.
const PACKAGES: u64 = 180;
/// What makes a browser prefer dark pages.
const DARK: &str = "--blink-settings=preferredColorScheme=0";

pub(super) fn check() -> Findings {
    let program = documents::formwork()?;
    let home = Home::new();
    let sizes = write_records(&home);
    let export = home.run(
        &program,
        &["inspect", "toy.image.json", "--html", "map.html"],
    );
    // The records are made up and name no digests; that is told, and the page is there.
    if export.status != 1 {
        return Err(format!("inspect --html: {}", export.stderr));
    }
    let text = home.read("map.html");
    let mut findings = Vec::new();
    for (width, more) in [(1200, ""), (1200, DARK), (360, ""), (360, DARK)] {
        let name = format!(
            "{width} px wide{}",
            if more.is_empty() { "" } else { ", dark" }
        );
        let found = looked_at(&home, &text, width, more)?;
        let mut expect = |what: &str, good: bool| {
            if !good {
                findings.push(format!(
                    "the page with the treemap, {name}: {what}: {found}"
                ));
            }
        };
        expect("it is as wide as asked", found["width"] == width);
        expect("it is dark or light", found["dark"] == !more.is_empty());
        behaves(&found, &mut expect);
        is_true(&found, &sizes, &mut expect);
    }
    Ok(findings)
}

/// What holds of every page.
fn behaves(found: &Value, expect: &mut dyn FnMut(&str, bool)) {
    let number = |key: &str| found[key].as_f64().unwrap_or(f64::NAN);
    expect("nothing is loaded", found["resources"] == json!([]));
    expect("nothing fails", found["failed"] == json!([]));
    expect("only its own scripts run", number("scripts") == 3.0);
    expect("it needs no scrolling sideways", number("wider") <= 0.0);
    expect("its text can be read", number("contrast") >= 7.0);
    expect("its labels can be read", number("labels") >= 4.5);
    expect("its labels are there", number("texts") > 50.0);
    for (key, what) in [
        ("cut", "no label is wider than its piece"),
        ("outside", "no piece reaches out of its package"),
        ("overlaps", "no package lies over another"),
        ("untold", "each piece says what it is"),
    ] {
        expect(what, number(key) == 0.0);
    }
    expect("the keyboard stops at the map once", number("stops") == 1.0);
    for (key, what) in [
        ("pointed", "pointing at a piece tells of it"),
        ("clicked", "a click looks into a package"),
        ("steady", "the map keeps its size then"),
        ("back", "the button leads back"),
        ("named", "each package is a button with a name"),
        ("focused", "what has the focus is told of"),
        ("moved", "arrow keys lead to the next package"),
        ("entered", "Enter looks into a package"),
        ("left", "Escape leads back"),
        ("found", "the search shows what it found"),
        ("reached", "the Tab key reaches what was found"),
    ] {
        expect(what, found[key] == true);
    }
}

/// Whether the areas are what the packages hold.
fn is_true(found: &Value, sizes: &BTreeMap<String, u64>, expect: &mut dyn FnMut(&str, bool)) {
    let pieces = found["pieces"].as_array().cloned().unwrap_or_default();
    let all = sizes.values().sum::<u64>() as f64;
    let map = 1200.0 * 760.0;
    let mut sum = 0.0;
    let mut named = 0;
    for piece in &pieces {
        let area = piece["area"].as_f64().unwrap_or(f64::NAN);
        sum += area;
        let name = piece["name"].as_str().unwrap_or_default();
        if let Some(bytes) = sizes.get(name) {
            named += 1;
            let due = map * *bytes as f64 / all;
            let fits = (area - due).abs() <= due * 0.001 + 2.0;
            expect(&format!("{name} has its area, {due:.1}"), fits);
        }
    }
    expect("most packages have a piece", named > PACKAGES / 2);
    expect("all areas are the map", (sum - map).abs() < map * 0.001);
}

/// Puts the page into a frame of some width, and returns what is seen there.
fn looked_at(home: &Home, page: &str, width: u32, more: &str) -> Result<Value, String> {
    let ears = "window.failed = []; \
        addEventListener('error', (event) => window.failed.push(event.message), true); \
        addEventListener('securitypolicyviolation', (event) => window.failed.push(event.blockedURI));";
    let page = page.replacen("</head>", &format!("<script>{ears}</script></head>"), 1);
    let page = page.replacen("</body>", &format!("<script>{PROBE}</script></body>"), 1);
    home.write("probed.html", &page);
    let frame = format!(
        "<!DOCTYPE html><meta charset=\"utf-8\"><pre id=\"answer\"></pre><script>\
         addEventListener('message', (event) => {{ \
         document.getElementById('answer').textContent = btoa(unescape(encodeURIComponent(event.data))); }});\
         </script><iframe src=\"probed.html\" style=\"width: {width}px; height: 900px; border: 0\"></iframe>"
    );
    home.write("frame.html", &frame);
    let frame = home.work().join("frame.html");
    let mut options = vec!["--dump-dom", "--enable-logging=stderr"];
    options.extend(["--window-size=1400,1000", "--virtual-time-budget=20000"]);
    options.extend(Some(more).filter(|more| !more.is_empty()));
    let output = browser(home, &frame, "", &options)?;
    let (dom, said) = (String::from_utf8_lossy(&output.stdout), said(&output));
    if !said.is_empty() {
        return Err(format!(
            "the page with the treemap says: {}",
            said.join("; ")
        ));
    }
    let answer = dom.split("<pre id=\"answer\">").nth(1);
    let answer = answer.and_then(|rest| rest.split('<').next());
    let answer = decoded(answer.unwrap_or_default());
    serde_json::from_slice(&answer).map_err(|error| format!("the treemap gave no answer: {error}"))
}

/// The bytes of a text in base 64; what is no digit of it is passed over.
fn decoded(text: &str) -> Vec<u8> {
    const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut bytes = Vec::new();
    let (mut bits, mut held) = (0_u32, 0);
    for letter in text.bytes() {
        let Some(digit) = DIGITS.iter().position(|one| *one == letter) else {
            continue;
        };
        bits = bits << 6 | digit as u32;
        held += 6;
        if held >= 8 {
            held -= 8;
            bytes.push((bits >> held) as u8);
            bits &= (1 << held) - 1;
        }
    }
    bytes
}

/// Records of an image that nobody built; returns what each package holds.
fn write_records(home: &Home) -> BTreeMap<String, u64> {
    let places = [
        "usr/bin",
        "usr/lib/x86_64-linux-gnu",
        "usr/share/doc",
        "usr/share/locale/de",
        "etc",
        "boot",
        "usr/lib/firmware/vendor",
        "usr/lib/modules/6.1/drivers/net",
    ];
    let mut sizes: BTreeMap<String, u64> = BTreeMap::new();
    let mut entries = vec![json!({"path": "/", "type": "dir"})];
    let mut packages = Vec::new();
    for number in 0..PACKAGES {
        let name = format!("package-{number}");
        for file in 0..1 + number % 23 {
            // From some bytes to some megabytes, the same each time.
            let size =
                (number * 7919 + file * 104_729) % 999_983 / (1 + file) * (1 + number % 7) + 1;
            let place = places[((number + file) % places.len() as u64) as usize];
            let path = format!("/{place}/{name}/file{file}");
            entries.push(json!({"path": path, "type": "file", "size": size, "package": name}));
            *sizes.entry(name.clone()).or_default() += size;
        }
        packages.push(json!({
            "name": name, "version": "1.0-1", "architecture": "amd64", "source": name,
            "source_version": "1.0-1", "size": 1, "sha256": "00", "repository": "debian",
            "path": "pool/x.deb", "installed": true,
        }));
    }
    let hostile = "/srv/<script>alert(1)</script><img src=//mirror.example/x>";
    entries.push(json!({"path": hostile, "type": "file", "size": 400_000, "package": null}));
    sizes.insert("no package".to_owned(), 400_000);
    let head = json!({"format": 1, "inputs": [], "image": "toy", "suite": "bookworm", "architecture": "amd64"});
    let with = |more: Value| {
        let mut record = head.clone();
        if let (Some(record), Some(more)) = (record.as_object_mut(), more.as_object()) {
            record.extend(more.clone());
        }
        record.to_string()
    };
    home.write(
        "toy.tree.json",
        &with(json!({"date": 0, "entries": entries})),
    );
    home.write("toy.packages.json", &with(json!({"packages": packages})));
    let build = json!({
        "formwork": "0.0.0", "variant": "minbase", "until": "finished", "lock_sha256": "00",
        "date": "2026-11-01T09:00:00Z", "packages": packages, "steps": [], "files": [],
    });
    home.write("toy.buildinfo.json", &with(build));
    sizes
}
