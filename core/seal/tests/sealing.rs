//! What is sealed opens on its device, whole, and nowhere else.

use proptest::prelude::*;
use tocsin_seal::{
    DeviceKeys, MAX_PLAINTEXT_BYTES, OpenError, SEALED_BYTES, SEALED_WEBPUSH_BYTES, SealError,
    SealKey, check_webpush, seal, seal_webpush,
};

fn device(n: u8) -> DeviceKeys {
    DeviceKeys::new([n; 32])
}

fn both(device: &DeviceKeys, plaintext: &[u8], random: &[u8; 48]) -> [Vec<u8>; 2] {
    let mut less = [0; 32];
    less.copy_from_slice(&random[..32]);
    [
        seal(&device.seal_key(), plaintext, &less).expect("sealed"),
        seal_webpush(&device.p256dh(), &device.auth(), plaintext, random).expect("sealed"),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn what_is_sealed_opens_whole(
        plaintext in prop::collection::vec(any::<u8>(), 0..=MAX_PLAINTEXT_BYTES),
        random in prop::collection::vec(any::<u8>(), 48),
        secret: [u8; 32],
    ) {
        let device = DeviceKeys::new(secret);
        let random: [u8; 48] = random.try_into().expect("48");
        for sealed in both(&device, &plaintext, &random) {
            prop_assert_eq!(device.open(&sealed), Ok(plaintext.clone()));
        }
    }

    #[test]
    fn a_flipped_bit_never_opens(bit in 0..SEALED_BYTES * 8, random: [u8; 32]) {
        let device = device(1);
        let random = [random.as_slice(), &random[..16]].concat().try_into().expect("48");
        for mut sealed in both(&device, b"SEV1", &random) {
            sealed[bit / 8] ^= 1 << (bit % 8);
            // The record size is no secret and not authenticated: a larger one says nothing else.
            let authenticated = sealed.len() == SEALED_BYTES || !(16..20).contains(&(bit / 8));
            prop_assert!(!authenticated || device.open(&sealed).is_err());
        }
    }

    #[test]
    fn a_cut_or_lengthened_payload_never_opens(keep in 0..SEALED_BYTES, more in 1..64_usize) {
        let device = device(1);
        for mut sealed in both(&device, b"SEV1", &[7; 48]) {
            prop_assert!(device.open(&sealed[..keep]).is_err());
            sealed.resize(sealed.len() + more, 0);
            prop_assert!(device.open(&sealed).is_err());
        }
    }

    #[test]
    fn noise_never_opens(noise in prop::collection::vec(any::<u8>(), 0..4096)) {
        prop_assert!(device(1).open(&noise).is_err());
    }
}

#[test]
fn all_payloads_have_one_size_that_every_vendor_takes() {
    let device = device(1);
    for length in [0, 1, MAX_PLAINTEXT_BYTES] {
        let [hpke, webpush] = both(&device, &vec![0; length], &[7; 48]);
        assert_eq!(hpke.len(), SEALED_BYTES);
        assert_eq!(webpush.len(), SEALED_WEBPUSH_BYTES);
    }
    const { assert!(SEALED_BYTES.div_ceil(3) * 4 < 3072) };
    const { assert!(SEALED_WEBPUSH_BYTES <= 4096) };
    let long = [0; MAX_PLAINTEXT_BYTES + 1];
    let error = seal(&device.seal_key(), &long, &[7; 32]).expect_err("too long");
    assert_eq!(error, SealError::TooLong { got: 2049 });
}

#[test]
fn another_device_cannot_open_it_and_is_told_why() {
    for sealed in both(&device(1), b"SEV1", &[7; 48]) {
        let said = device(2).open(&sealed).expect_err("not for it");
        assert!(matches!(said, OpenError::NotForThisDevice { .. }), "{said}");
    }
    let said = device(1).open(b"{\"aps\":{}}").expect_err("not sealed");
    assert_eq!(said, OpenError::Unrecognised { got: 10 });
}

#[test]
fn whoever_learns_the_public_key_alone_cannot_forge_a_page() {
    let mine = device(1).seal_key().to_text();
    let forged = SealKey::from_text(&format!("{}{}", &mine[..44], "A".repeat(43)));
    let forged = seal(&forged.expect("a key"), b"SEV1", &[7; 32]).expect("sealed");
    let said = device(1).open(&forged).expect_err("forged");
    assert!(matches!(said, OpenError::NotForThisDevice { .. }), "{said}");
}

#[test]
fn keys_survive_storage_and_the_wire() {
    let device = device(1);
    let stored = DeviceKeys::new(*device.secret());
    let key = SealKey::from_text(&device.seal_key().to_text()).expect("a key");
    let sealed = seal(&key, b"SEV1", &[7; 32]).expect("sealed");
    assert_eq!(stored.open(&sealed), Ok(b"SEV1".to_vec()));
    assert_eq!(check_webpush(&stored.p256dh(), &stored.auth()), Ok(()));
}

/// A change here would make every enrolled phone deaf.
#[test]
fn the_keys_of_a_secret_never_change() {
    let device = device(1);
    assert_eq!(
        [device.p256dh(), device.auth(), device.seal_key().to_text()],
        [
            "BLRYHNG4MPrEzBrlvmVnrQW2SeEPaLBNncwwGljwcLAVb1sZBrOFpGNcRYGitoGXpnGlXy3f3wNIru09bCeVsXQ",
            "0DhruyUBKJfLYsXjc82C-w",
            "AcrXerD5Jrya-LRgoJ13cMsftpX3hQBzz6tt9Um8YKMRXm6IX6i38ZEz3dVZMUsMRIid_b3cN-0-CAUX41QZYIc"
        ]
    );
}

#[test]
fn a_wrong_key_is_named() {
    let device = device(1);
    let field = |error: SealError| match error {
        SealError::Key { field, .. } => field,
        SealError::TooLong { .. } => "none",
    };
    for p256dh in [
        "",
        "BCVx",
        &format!("{}!", device.p256dh()),
        &"A".repeat(87),
    ] {
        let error = check_webpush(p256dh, &device.auth()).expect_err("no point");
        assert_eq!(field(error), "p256dh");
    }
    let error = check_webpush(&device.p256dh(), "AAAA").expect_err("too short");
    assert_eq!(field(error), "auth");
    let text = device.seal_key().to_text();
    for wrong in ["", &text[..80], &format!("Z{}", &text[1..])] {
        let error = SealKey::from_text(wrong).expect_err("no key");
        assert_eq!(field(error), "key");
    }
    let nowhere = format!("AQ{}", "A".repeat(85));
    let nowhere = SealKey::from_text(&nowhere).expect("the right shape");
    assert!(seal(&nowhere, b"", &[7; 32]).is_err());
}

#[test]
fn keys_do_not_print() {
    assert_eq!(format!("{:?}", device(1)), "DeviceKeys(..)");
    assert_eq!(format!("{:?}", device(1).seal_key()), "SealKey(..)");
}
