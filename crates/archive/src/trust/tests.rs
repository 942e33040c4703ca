//! The policy, fault by fault.

use pgp::composed::{ArmorOptions, CleartextSignedMessage};
use pgp::crypto::hash::HashAlgorithm;
use pgp::packet::{Notation, RevocationCode, SecretKey, Signature, SignatureType, SubpacketData};
use pgp::types::{Duration, KeyDetails};

use super::forge::{AnyHash, Bytes, CREATED, DAY, Draft, plain, primary, subkey, user};
use super::*;

const TEXT: &str = "Origin: Toy\n-dashed\nSuite: stable\n";
const NOW: i64 = CREATED + 100 * DAY;

fn policy() -> Policy {
    Policy {
        now: Timestamp(NOW),
        reference: Timestamp(NOW),
        accept_expired_keys: false,
    }
}

fn document() -> Draft {
    Draft::new(SignatureType::Binary).made(NOW - DAY)
}

/// Verifies `TEXT` with one detached signature against one keyring file.
fn detached(certificate: &[u8], signature: &Signature, policy: &Policy) -> Result<Signer, Refusal> {
    let keyring = Keyring::read("test", certificate).unwrap();
    let file = Bytes::default().add(signature).0;
    match verify_detached(TEXT.as_bytes(), &file, &keyring, policy) {
        Ok(signed) => Ok(signed.signers()[0].clone()),
        Err(TrustError::NoGoodSignature { mut refused, .. }) => Err(refused.remove(0).reason),
        Err(other) => panic!("{other}"),
    }
}

fn refusal(certificate: &Bytes, signature: &Signature) -> String {
    detached(&certificate.0, signature, &policy())
        .unwrap_err()
        .to_string()
}

fn inline(text: &str, keys: &[&SecretKey]) -> String {
    CleartextSignedMessage::new_many(text, |normal| {
        let draft = || Draft::new(SignatureType::Text).made(NOW - DAY);
        Ok(keys
            .iter()
            .map(|key| draft().over(normal.as_bytes(), *key))
            .collect())
    })
    .and_then(|message| message.to_armored_string(ArmorOptions::default()))
    .unwrap()
}

#[test]
fn a_good_signature_names_its_signer() {
    let key = primary(1);
    let signer = detached(
        &plain(&key).0,
        &document().over(TEXT.as_bytes(), &key),
        &policy(),
    )
    .unwrap();
    assert_eq!(signer.fingerprint, format!("{:X}", key.fingerprint()));
    assert_eq!(signer.certificate, signer.fingerprint);
    assert_eq!(signer.user_id, "Test Key <test@mirror.example>");
    assert_eq!(signer.signed, Timestamp(NOW - DAY));
    assert!(!signer.key_expired);
}

#[test]
fn the_text_is_what_was_signed_and_agrees_with_the_library() {
    let key = primary(1);
    let message = inline(TEXT, &[&key]);
    let keyring = Keyring::read("test", &plain(&key).0).unwrap();
    let signed = verify_inline(message.as_bytes(), &keyring, &policy()).unwrap();
    assert_eq!(signed.text(), format!("{TEXT}\n"));
    let (theirs, _) = CleartextSignedMessage::from_string(&message).unwrap();
    assert_eq!(theirs.signed_text().replace("\r\n", "\n"), TEXT);
}

#[test]
fn texts_of_all_shapes_come_out_as_they_were_signed() {
    let key = primary(1);
    let keyring = Keyring::read("test", &plain(&key).0).unwrap();
    for text in [
        "a",
        "a\n",
        "-\n- x\n",
        "\n\n",
        "--- --\nb",
        "- - -",
        "From x\n",
        "\u{e4}\u{1f600}\n",
        "a\r\nb",
    ] {
        let message = inline(text, &[&key]);
        let signed = verify_inline(message.as_bytes(), &keyring, &policy()).unwrap();
        assert_eq!(
            signed.text(),
            format!("{}\n", text.replace("\r\n", "\n")),
            "{text:?}"
        );
    }
}

#[test]
fn line_ends_of_a_detached_text_cannot_be_exchanged() {
    let key = primary(1);
    let keyring = Keyring::read("test", &plain(&key).0).unwrap();
    let signature = Draft::new(SignatureType::Text)
        .made(NOW - DAY)
        .over(TEXT.as_bytes(), &key);
    let file = Bytes::default().add(&signature).0;
    assert!(verify_detached(TEXT.as_bytes(), &file, &keyring, &policy()).is_ok());
    for changed in [TEXT.replacen('\n', "\r", 1), TEXT.replacen('\n', "\r\n", 1)] {
        let error = verify_detached(changed.as_bytes(), &file, &keyring, &policy()).unwrap_err();
        assert!(matches!(error, TrustError::Framing(_)), "{error}");
    }
}

#[test]
fn one_good_signature_suffices_and_the_others_are_told() {
    let (ours, foreign) = (primary(1), primary(2));
    let keyring = Keyring::read("test", &plain(&ours).0).unwrap();
    let message = inline(TEXT, &[&foreign, &ours]);
    let signed = verify_inline(message.as_bytes(), &keyring, &policy()).unwrap();
    assert_eq!(signed.signers().len(), 1);
    assert_eq!(signed.refused().len(), 1);
    assert_eq!(signed.refused()[0].reason, Refusal::UnknownKey);
    assert_eq!(
        signed.refused()[0].issuer,
        format!("{:X}", foreign.fingerprint())
    );
}

#[test]
fn a_key_in_a_foreign_keyring_is_unknown() {
    let (ours, foreign) = (primary(1), primary(2));
    let reason = refusal(&plain(&ours), &document().over(TEXT.as_bytes(), &foreign));
    assert_eq!(reason, Refusal::UnknownKey.to_string());
}

#[test]
fn a_changed_text_is_bad() {
    let key = primary(1);
    let keyring = Keyring::read("test", &plain(&key).0).unwrap();
    let message = inline(TEXT, &[&key]).replace("stable", "stabel");
    let error = verify_inline(message.as_bytes(), &keyring, &policy()).unwrap_err();
    assert!(
        error.to_string().contains("does not match the text"),
        "{error}"
    );
    let other = document().over(b"another text", &key);
    assert_eq!(refusal(&plain(&key), &other), Refusal::Bad.to_string());
}

#[test]
fn messages_framed_wrongly_are_refused_even_when_signed() {
    let key = primary(1);
    let keyring = Keyring::read("test", &plain(&key).0).unwrap();
    let good = inline(TEXT, &[&key]);
    for bad in [
        format!("Origin: Evil\n\n{good}"),
        format!("{good}\nOrigin: Evil\n"),
        format!("{good}{good}"),
        format!("{}{good}", TEXT),
        good.replace("Suite", "Sui\0te"),
    ] {
        let error = verify_inline(bad.as_bytes(), &keyring, &policy()).unwrap_err();
        assert!(matches!(error, TrustError::Framing(_)), "{error}");
    }
}

#[test]
fn garbage_signatures_are_an_error_not_a_panic() {
    let key = primary(1);
    let keyring = Keyring::read("test", &plain(&key).0).unwrap();
    let good = inline(TEXT, &[&key]);
    let start = good.find("-----BEGIN PGP SIGNATURE").unwrap();
    for cut in (start..good.len()).step_by(5) {
        let _ = verify_inline(&good.as_bytes()[..cut], &keyring, &policy());
        let mut changed = good.clone().into_bytes();
        changed[cut] ^= 0x15;
        let _ = verify_inline(&changed, &keyring, &policy());
    }
    let file = Bytes::default()
        .add(&document().over(TEXT.as_bytes(), &key))
        .0;
    for cut in (0..file.len()).step_by(2) {
        let mut changed = file.clone();
        changed[cut] ^= 0x81;
        let _ = verify_detached(TEXT.as_bytes(), &changed, &keyring, &policy());
        assert!(verify_detached(TEXT.as_bytes(), &file[..cut], &keyring, &policy()).is_err());
    }
}

#[test]
fn faults_of_the_signature_itself() {
    let key = primary(1);
    let certificate = plain(&key);
    let sign = |draft: Draft| draft.over(TEXT.as_bytes(), &AnyHash(&key));
    let remark = Notation {
        readable: true,
        name: "who@mirror.example".into(),
        value: "knows".into(),
    };
    let mut critical = document();
    critical.critical.push(SubpacketData::Notation(remark));
    let mut undated = document();
    undated.made = None;
    let short = SubpacketData::SignatureExpirationTime(Duration::from_secs(3600));
    let cases = [
        (sign(document().hash(HashAlgorithm::Sha1)), "hash SHA1"),
        (sign(document().hash(HashAlgorithm::Md5)), "hash MD5"),
        (
            sign(document().hash(HashAlgorithm::Ripemd160)),
            "hash RIPEMD160",
        ),
        (
            sign(document().made(NOW + CLOCK_SKEW_SECONDS + 60)),
            "in the future",
        ),
        (
            sign(document().made(CREATED - 1)),
            "before the key was made",
        ),
        (sign(document().with(short)), "expired on"),
        (sign(critical), "critical"),
        (sign(undated), "no date"),
    ];
    for (signature, expected) in cases {
        let reason = refusal(&certificate, &signature);
        assert!(reason.contains(expected), "{reason} instead of {expected}");
    }
    let soon = document().made(NOW + 3600).over(TEXT.as_bytes(), &key);
    assert!(detached(&certificate.0, &soon, &policy()).is_ok());
}

#[test]
fn a_binary_signature_in_a_clear_signed_message_is_refused() {
    let key = primary(1);
    let keyring = Keyring::read("test", &plain(&key).0).unwrap();
    let message = CleartextSignedMessage::new_many(TEXT, |normal| {
        Ok(vec![document().over(normal.as_bytes(), &key)])
    });
    let text = message
        .unwrap()
        .to_armored_string(ArmorOptions::default())
        .unwrap();
    assert!(verify_inline(text.as_bytes(), &keyring, &policy()).is_err());
}

#[test]
fn the_key_id_serves_only_where_the_fingerprint_is_absent() {
    let key = primary(1);
    let mut by_id = document();
    by_id.name_fingerprint = false;
    assert!(
        detached(
            &plain(&key).0,
            &by_id.over(TEXT.as_bytes(), &key),
            &policy()
        )
        .is_ok()
    );
    let mut misnamed = document().with(SubpacketData::IssuerFingerprint(primary(2).fingerprint()));
    misnamed.name_fingerprint = false;
    let reason = refusal(&plain(&key), &misnamed.over(TEXT.as_bytes(), &key));
    assert_eq!(reason, Refusal::UnknownKey.to_string());
}

#[test]
fn expiry_comes_from_the_newest_valid_self_signature() {
    let key = primary(1);
    let binding = |made: i64, life: i64| {
        let draft = Draft::new(SignatureType::CertPositive)
            .may_sign(true)
            .made(made);
        draft.key_lives(life).over_user(&user(), &key)
    };
    let head = || Bytes::default().add(key.public_key()).add(&user());
    let signature = document().over(TEXT.as_bytes(), &key);
    let old_then_new = head()
        .add(&binding(CREATED, 10 * DAY))
        .add(&binding(CREATED + DAY, 500 * DAY));
    assert!(detached(&old_then_new.0, &signature, &policy()).is_ok());
    let shortened = head()
        .add(&binding(CREATED + DAY, 10 * DAY))
        .add(&binding(CREATED, 500 * DAY));
    assert!(refusal(&shortened, &signature).contains("the key expired on"));
    // A self-signature dated in the future extends nothing.
    let future = head()
        .add(&binding(CREATED, 10 * DAY))
        .add(&binding(NOW + 9 * DAY, 500 * DAY));
    assert!(refusal(&future, &signature).contains("the key expired on"));
}

#[test]
fn a_key_expired_since_counts_only_when_allowed() {
    let key = primary(1);
    let binding = Draft::new(SignatureType::CertPositive)
        .may_sign(true)
        .key_lives(10 * DAY);
    let certificate = Bytes::default()
        .add(key.public_key())
        .add(&user())
        .add(&binding.over_user(&user(), &key));
    let in_time = document()
        .made(CREATED + 5 * DAY)
        .over(TEXT.as_bytes(), &key);
    let too_late = document()
        .made(CREATED + 11 * DAY)
        .over(TEXT.as_bytes(), &key);
    assert!(refusal(&certificate, &in_time).contains("the key expired on"));
    let lenient = Policy {
        accept_expired_keys: true,
        ..policy()
    };
    assert!(
        detached(&certificate.0, &in_time, &lenient)
            .unwrap()
            .key_expired
    );
    assert!(matches!(
        detached(&certificate.0, &too_late, &lenient),
        Err(Refusal::KeyExpired(_))
    ));
    // Judged at a date when it was valid, it has not expired.
    let back_then = Policy {
        reference: Timestamp(CREATED + 6 * DAY),
        ..policy()
    };
    assert!(
        !detached(&certificate.0, &in_time, &back_then)
            .unwrap()
            .key_expired
    );
}

#[test]
fn a_key_without_its_own_signature_is_refused() {
    let (key, friend) = (primary(1), primary(2));
    let signature = document().over(TEXT.as_bytes(), &key);
    let by_friend = Draft::new(SignatureType::CertPositive)
        .may_sign(true)
        .over_user_by(&user(), &key, &friend);
    let stranger = Bytes::default()
        .add(key.public_key())
        .add(&user())
        .add(&by_friend);
    assert!(refusal(&stranger, &signature).contains("no valid self-signature"));
    let bare = Bytes::default().add(key.public_key());
    assert!(refusal(&bare, &signature).contains("no valid self-signature"));
    let direct = Draft::new(SignatureType::Key).may_sign(true).over_key(&key);
    assert!(detached(&bare.add(&direct).0, &signature, &policy()).is_ok());
    // Signatures of others next to a good one change nothing.
    let popular = plain(&key).add(
        &Draft::new(SignatureType::CertPositive)
            .key_lives(1)
            .over_user_by(&user(), &key, &friend),
    );
    assert!(detached(&popular.0, &signature, &policy()).is_ok());
}

#[test]
fn flags_decide_whether_a_key_may_sign() {
    let key = primary(1);
    let signature = document().over(TEXT.as_bytes(), &key);
    let with = |draft: Draft| {
        Bytes::default()
            .add(key.public_key())
            .add(&user())
            .add(&draft.over_user(&user(), &key))
    };
    let certify_only = with(Draft::new(SignatureType::CertPositive).may_sign(false));
    assert_eq!(
        refusal(&certify_only, &signature),
        Refusal::NotForSigning.to_string()
    );
    let before_flags = with(Draft::new(SignatureType::CertPositive));
    assert!(detached(&before_flags.0, &signature, &policy()).is_ok());
}

#[test]
fn revocations_of_the_key() {
    let key = primary(1);
    let signature = document().over(TEXT.as_bytes(), &key);
    let revoked = |draft: Draft| {
        let binding = Draft::new(SignatureType::CertPositive)
            .may_sign(true)
            .over_user(&user(), &key);
        let head = Bytes::default()
            .add(key.public_key())
            .add(&draft.over_key(&key));
        head.add(&user()).add(&binding)
    };
    let revocation = || Draft::new(SignatureType::KeyRevocation);
    for (draft, expected) in [
        (revocation(), "revoked (no longer trusted)"),
        (
            revocation()
                .because(RevocationCode::KeyCompromised)
                .made(NOW),
            "revoked (no longer trusted)",
        ),
        (
            revocation()
                .because(RevocationCode::KeyRetired)
                .made(NOW - 2 * DAY),
            "revoked (retired)",
        ),
    ] {
        let reason = refusal(&revoked(draft), &signature);
        assert!(reason.contains(expected), "{reason} instead of {expected}");
    }
    let later = revocation()
        .because(RevocationCode::KeySuperseded)
        .made(NOW);
    assert!(
        detached(&revoked(later).0, &signature, &policy()).is_ok(),
        "signed before it was superseded"
    );
}

#[test]
fn a_revoked_user_id_binds_nothing() {
    let key = primary(1);
    let signature = document().over(TEXT.as_bytes(), &key);
    let revocation = Draft::new(SignatureType::CertRevocation)
        .made(NOW)
        .over_user(&user(), &key);
    assert!(refusal(&plain(&key).add(&revocation), &signature).contains("no valid self-signature"));
}

#[test]
fn subkeys_need_a_binding_flags_and_their_own_consent() {
    let (key, sub) = (primary(1), subkey(3));
    let signature = document().over(TEXT.as_bytes(), &sub);
    let back = || Draft::new(SignatureType::KeyBinding).back(&sub, &key);
    let consent = || SubpacketData::EmbeddedSignature(Box::new(back()));
    let binding = || Draft::new(SignatureType::SubkeyBinding);
    let with = |draft: Draft| {
        plain(&key)
            .add(sub.public_key())
            .add(&draft.over_subkey(&key, &sub))
    };
    let good = || binding().may_sign(true).with(consent());
    let signer = detached(&with(good()).0, &signature, &policy()).unwrap();
    assert_eq!(signer.fingerprint, format!("{:X}", sub.fingerprint()));
    assert_eq!(signer.certificate, format!("{:X}", key.fingerprint()));
    let cases = [
        (with(binding().may_sign(true)), "has not signed back"),
        (with(binding().with(consent())), "not meant for signing"),
        (with(good().key_lives(5 * DAY)), "the key expired on"),
        (
            plain(&key).add(sub.public_key()),
            "no valid signature binds",
        ),
        (
            with(good()).add(&Draft::new(SignatureType::SubkeyRevocation).over_subkey(&key, &sub)),
            "revoked",
        ),
    ];
    for (certificate, expected) in cases {
        let reason = refusal(&certificate, &signature);
        assert!(reason.contains(expected), "{reason} instead of {expected}");
    }
}

#[test]
fn nobody_can_adopt_a_foreign_signing_key() {
    let (owner, thief, sub) = (primary(1), primary(2), subkey(3));
    let back = Draft::new(SignatureType::KeyBinding).back(&sub, &owner);
    let stolen = Draft::new(SignatureType::SubkeyBinding)
        .may_sign(true)
        .with(SubpacketData::EmbeddedSignature(Box::new(back)))
        .over_subkey(&thief, &sub);
    let certificate = plain(&thief).add(sub.public_key()).add(&stolen);
    let reason = refusal(&certificate, &document().over(TEXT.as_bytes(), &sub));
    assert!(reason.contains("has not signed back"), "{reason}");
}

#[test]
fn old_keys_of_debian_are_judged_by_the_same_rules() {
    let removed = KeyringSource::DebianArchiveRemoved.load().unwrap();
    let at = |text| Timestamp::parse_date(text).unwrap();
    let cases = [
        // Lenny and squeeze (self-signed with SHA-1), wheezy, stretch (its subkey).
        ("9AA38DCD55BE302B", "2010-01-01", false),
        ("AED4B06F473041FA", "2012-01-01", false),
        ("8B48AD6246925553", "2014-01-01", true),
        ("04EE7237B7D453EC", "2018-01-01", true),
    ];
    for (id, made, good) in cases {
        let made = at(made);
        let policy = Policy {
            now: at("2026-01-01"),
            reference: made,
            accept_expired_keys: false,
        };
        let (certificate, which) = removed.find(id).unwrap();
        match policy::judge(certificate, which, made.0, &policy) {
            Ok(standing) => assert!(good && standing.user_id.contains("Debian"), "{id}"),
            Err(reason) => {
                assert!(
                    !good && reason.to_string().contains("no valid self-signature"),
                    "{id}: {reason}"
                );
            }
        }
    }
}

#[test]
fn short_keys_are_too_weak() {
    let removed = KeyringSource::DebianArchiveRemoved.load().unwrap();
    let (certificate, _) = removed.find("6FFA8EF91DB114E0").unwrap();
    let reason = policy::strong(certificate.primary.public_params())
        .unwrap_err()
        .to_string();
    assert_eq!(reason, "the key is too weak: RSA of 1024 bits");
    let (certificate, _) = removed.find("4D270D06F42584E6").unwrap();
    let reason = policy::strong(certificate.primary.public_params())
        .unwrap_err()
        .to_string();
    assert_eq!(reason, "the key is too weak: DSA of 1024 bits");
}

#[test]
fn control_characters_in_a_user_id_reach_nobody() {
    let key = primary(1);
    let id = pgp::packet::UserId::from_str(Default::default(), "\u{1b}[31mevil\u{7}").unwrap();
    let binding = Draft::new(SignatureType::CertPositive)
        .may_sign(true)
        .over_user(&id, &key);
    let certificate = Bytes::default()
        .add(key.public_key())
        .add(&id)
        .add(&binding);
    let signer = detached(
        &certificate.0,
        &document().over(TEXT.as_bytes(), &key),
        &policy(),
    )
    .unwrap();
    assert_eq!(signer.user_id, "[31mevil");
}

#[test]
fn keyrings_are_read_armoured_binary_and_from_deb822() {
    let key = primary(1);
    let binary = plain(&key).0;
    let armoured = armour_of(&binary);
    let expected = Keyring::read("binary", &binary).unwrap().fingerprints();
    assert_eq!(
        Keyring::read("armour", armoured.as_bytes())
            .unwrap()
            .fingerprints(),
        expected
    );
    let twice = format!("{armoured}\n{}", armour_of(&plain(&primary(2)).0));
    assert_eq!(
        Keyring::read("two blocks", twice.as_bytes())
            .unwrap()
            .fingerprints()
            .len(),
        2
    );
    let field: String = armoured
        .lines()
        .map(|line| {
            if line.is_empty() {
                "\n .".to_owned()
            } else {
                format!("\n {line}")
            }
        })
        .collect();
    assert_eq!(
        Keyring::read_deb822("field", &field)
            .unwrap()
            .fingerprints(),
        expected
    );
    let secret = Bytes::default().add(&key).0;
    let error = Keyring::read("secret", &secret).unwrap_err().to_string();
    assert!(error.contains("secret key"), "{error}");
    assert!(Keyring::read("cut", &binary[..binary.len() - 3]).is_err());
}

fn armour_of(binary: &[u8]) -> String {
    use pgp::composed::{Deserializable, SignedPublicKey};
    SignedPublicKey::from_bytes(binary)
        .unwrap()
        .to_armored_string(ArmorOptions::default())
        .unwrap()
}

/// Reads every `*.InRelease` in the directory that `FORMWORK_REAL_RELEASES` names and checks it
/// with the shipped keyring: for a person who has just updated that keyring.
#[test]
#[ignore = "needs real InRelease files"]
fn real_releases_verify_with_the_shipped_keyring() {
    let directory = std::env::var("FORMWORK_REAL_RELEASES").expect("FORMWORK_REAL_RELEASES");
    let now = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap();
    let now = Timestamp(i64::try_from(now.as_secs()).unwrap());
    let policy = Policy {
        now,
        reference: now,
        accept_expired_keys: false,
    };
    let keyring = KeyringSource::DebianArchive.load().unwrap();
    let removed = KeyringSource::DebianArchiveRemoved.load().unwrap();
    let mut seen = 0;
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path
            .extension()
            .is_none_or(|extension| extension != "InRelease")
        {
            continue;
        }
        seen += 1;
        let bytes = std::fs::read(&path).unwrap();
        let started = std::time::Instant::now();
        let signed = verify_inline(&bytes, &keyring, &policy).unwrap();
        println!("{} in {:?}", path.display(), started.elapsed());
        for signer in signed.signers() {
            println!("  {} {}", signer.fingerprint, signer.user_id);
        }
        for refused in signed.refused() {
            println!("  refused {refused}");
        }
        assert!(verify_inline(&bytes, &removed, &policy).is_err());
        let mut changed = bytes.clone();
        changed[bytes.len() / 2] ^= 1;
        assert!(verify_inline(&changed, &keyring, &policy).is_err());
    }
    assert!(seen > 0);
}
