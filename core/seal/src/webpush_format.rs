//! WebPush message encryption (RFC 8291) in one record of `aes128gcm` (RFC 8188).

use aes_gcm::aead::{Aead as _, KeyInit as _};
use aes_gcm::{Aes128Gcm, Nonce};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hkdf::Hkdf;
use p256::elliptic_curve::sec1::ToSec1Point as _;
use p256::{PublicKey, SecretKey};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::{SealError, derived, unpadded};

const SALT_BYTES: usize = 16;
const POINT_BYTES: usize = 65;
/// Salt, record size, length of the key id, key id (RFC 8188, section 2.1).
const HEADER_BYTES: usize = SALT_BYTES + 4 + 1 + POINT_BYTES;
/// Every payload is one record, smaller than this.
const RECORD_BYTES: u32 = 4096;

/// A private key grown from random bytes: the first candidate that is a scalar of the curve, which
/// all but one in four billion are.
pub fn private_key(seed: &[u8; 32]) -> SecretKey {
    (0_u32..)
        .find_map(|n| SecretKey::from_slice(&*derived(seed, &format!("p256 {n}"))).ok())
        .expect("one of four billion")
}

/// The uncompressed point (RFC 8291, section 3.1).
pub fn encoded(public: &PublicKey) -> [u8; POINT_BYTES] {
    let mut bytes = [0; POINT_BYTES];
    bytes.copy_from_slice(public.to_sec1_point(false).as_bytes());
    bytes
}

/// Reads a subscription's keys.
pub fn subscription(
    p256dh: &str,
    auth: &str,
) -> Result<(PublicKey, Zeroizing<[u8; 16]>), SealError> {
    let point = decoded::<POINT_BYTES>(p256dh);
    let public = point.and_then(|point| PublicKey::from_sec1_bytes(&*point).ok());
    let public = public.ok_or(SealError::Key {
        field: "p256dh",
        expected: "an uncompressed P-256 point, 65 bytes in base64url",
    })?;
    let auth = decoded::<16>(auth).ok_or(SealError::Key {
        field: "auth",
        expected: "16 bytes in base64url",
    })?;
    Ok((public, auth))
}

fn decoded<const N: usize>(text: &str) -> Option<Zeroizing<[u8; N]>> {
    // Some user agents pad.
    let bytes = Zeroizing::new(URL_SAFE_NO_PAD.decode(text.trim_end_matches('=')).ok()?);
    let mut array = Zeroizing::new([0; N]);
    (bytes.len() == N).then(|| array.copy_from_slice(&bytes))?;
    Some(array)
}

/// Seals one record, padding included in `plaintext`.
pub fn seal(
    private: &SecretKey,
    salt: &[u8],
    public: &PublicKey,
    auth: &[u8; 16],
    plaintext: &[u8],
) -> Vec<u8> {
    let sender = private.public_key();
    let keys = Keys::agree(private, public, auth, salt, public, &sender);
    let ciphertext = keys.cipher().encrypt(&keys.nonce(), plaintext);
    let ciphertext = ciphertext.expect("a record is far below the limit of AES-GCM");
    [
        salt,
        &RECORD_BYTES.to_be_bytes(),
        &[POINT_BYTES as u8],
        &encoded(&sender),
        &ciphertext,
    ]
    .concat()
}

/// Whether it begins like a message of RFC 8291: a header whose key id is an uncompressed point.
pub fn recognises(sealed: &[u8]) -> bool {
    sealed.len() > HEADER_BYTES && sealed[SALT_BYTES + 4..][..2] == [POINT_BYTES as u8, 4]
}

/// Opens a message that is recognised.
pub fn open(private: &SecretKey, auth: &[u8; 16], sealed: &[u8]) -> Option<Vec<u8>> {
    let (header, record) = sealed.split_at_checked(HEADER_BYTES)?;
    let (salt, rest) = header.split_at_checked(SALT_BYTES)?;
    let size = u32::from_be_bytes(rest[..4].try_into().ok()?);
    // One record, as RFC 8291 section 4 demands.
    if record.len() > usize::try_from(size).ok()? {
        return None;
    }
    let sender = PublicKey::from_sec1_bytes(&rest[5..]).ok()?;
    let keys = Keys::agree(private, &sender, auth, salt, &private.public_key(), &sender);
    unpadded(keys.cipher().decrypt(&keys.nonce(), record).ok()?)
}

/// Key and nonce of the one record.
struct Keys {
    key: Zeroizing<[u8; 16]>,
    nonce: [u8; 12],
}

impl Keys {
    /// RFC 8291, section 3.4, and RFC 8188, sections 2.2 and 2.3.
    fn agree(
        ours: &SecretKey,
        theirs: &PublicKey,
        auth: &[u8; 16],
        salt: &[u8],
        receiver: &PublicKey,
        sender: &PublicKey,
    ) -> Self {
        let agreed = ours.diffie_hellman(theirs);
        let info = [
            b"WebPush: info\0".as_slice(),
            &encoded(receiver),
            &encoded(sender),
        ]
        .concat();
        let material: Zeroizing<[u8; 32]> = expand(auth, agreed.raw_secret_bytes(), &info);
        let key = expand(salt, &*material, b"Content-Encoding: aes128gcm\0");
        let nonce = expand(salt, &*material, b"Content-Encoding: nonce\0");
        Self { key, nonce: *nonce }
    }

    fn cipher(&self) -> Aes128Gcm {
        Aes128Gcm::new(&(*self.key).into())
    }

    fn nonce(&self) -> Nonce<aes_gcm::aead::consts::U12> {
        self.nonce.into()
    }
}

fn expand<const N: usize>(salt: &[u8], secret: &[u8], info: &[u8]) -> Zeroizing<[u8; N]> {
    let mut out = Zeroizing::new([0; N]);
    Hkdf::<Sha256>::new(Some(salt), secret)
        .expand(info, &mut *out)
        .expect("HKDF-SHA256 gives this much");
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(text: &str) -> Vec<u8> {
        URL_SAFE_NO_PAD.decode(text).expect("base64url")
    }

    fn key(text: &str) -> SecretKey {
        SecretKey::from_slice(&bytes(text)).expect("a scalar")
    }

    /// RFC 8291, section 5 and Appendix A.
    #[test]
    fn the_example_of_the_rfc_comes_out_byte_for_byte() {
        const P256DH: &str = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4";
        const AUTH: &str = "BTBZMqHH6r4Tts7J_aSIgg";
        const MESSAGE: &str = "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN";
        let sender = key("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw");
        let receiver = key("q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94");
        let salt = bytes("DGv6ra1nlYgDCS1FRnbzlw");
        let (public, auth) = subscription(P256DH, AUTH).expect("keys");
        assert_eq!(encoded(&receiver.public_key()), encoded(&public));
        let plain = b"When I grow up, I want to be a watermelon";
        let sealed = seal(
            &sender,
            &salt,
            &public,
            &auth,
            &[plain.as_slice(), &[2]].concat(),
        );
        assert_eq!(URL_SAFE_NO_PAD.encode(&sealed), MESSAGE);
        assert!(recognises(&sealed));
        assert_eq!(
            open(&receiver, &auth, &sealed).as_deref(),
            Some(plain.as_slice())
        );
    }
}
