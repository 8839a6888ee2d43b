//! Push payloads that only one device can read, and only its server can write.
//!
//! A push service carries pages but must neither read nor forge them. A device has one secret
//! ([`DeviceKeys`]); the server gets the halves it needs to seal, once, over the authenticated
//! enrolment: a [`SealKey`] for transports without encryption of their own (APNs, FCM), the pair of
//! [`DeviceKeys::p256dh`] and [`DeviceKeys::auth`] for WebPush. Every payload is padded to the same
//! size, so that not even its length tells a page from a drill.
//!
//! Pure: randomness is an argument, nothing is read or written elsewhere. What was altered, cut or
//! sealed to somebody else never opens.

mod hpke_format;
mod webpush_format;

use core::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hkdf::Hkdf;
use sha2::Sha256;
use zeroize::Zeroizing;

/// The longest plaintext in bytes. Sealed and in base64 it still fits the 4,096 bytes that APNs
/// (<https://developer.apple.com/documentation/usernotifications/generating-a-remote-notification>),
/// FCM (<https://firebase.google.com/docs/cloud-messaging/customize-messages/set-message-type>) and
/// WebPush (RFC 8030, section 7.2) allow, with over 1,000 to spare for what is around it.
pub const MAX_PLAINTEXT_BYTES: usize = 2048;

/// What every result of [`seal`] measures: format 4, HPKE key 32, padded plaintext 2,049, tag 16.
pub const SEALED_BYTES: usize = 4 + 32 + MAX_PLAINTEXT_BYTES + 1 + 16;

/// What every result of [`seal_webpush`] measures: RFC 8188 header 86, padded plaintext 2,049, tag
/// 16.
pub const SEALED_WEBPUSH_BYTES: usize = 86 + MAX_PLAINTEXT_BYTES + 1 + 16;

const SEAL_KEY_VERSION: u8 = 1;

/// Why a payload could not be sealed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// It is too long.
    #[error("a payload may have {MAX_PLAINTEXT_BYTES} bytes, this one has {got}; say less in it")]
    TooLong {
        /// Its length in bytes.
        got: usize,
    },
    /// A key is not what it should be.
    #[error("{field}: expected {expected}; the device has to register again")]
    Key {
        /// Which one.
        field: &'static str,
        /// What was expected.
        expected: &'static str,
    },
}

/// Why a payload does not open.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// It is neither format.
    #[error(
        "{got} bytes in no format of this version; update the app, or look at who else pushes to it"
    )]
    Unrecognised {
        /// Its length in bytes.
        got: usize,
    },
    /// It is in a known format, but was cut short or altered, or sealed to other keys.
    #[error(
        "altered on the way, or sealed to other keys than this device's ({format}); if it happens \
         again, register for push again"
    )]
    NotForThisDevice {
        /// Which format it is in.
        format: &'static str,
    },
}

/// A device's private keys, all grown from one secret of 32 bytes. It does not print, and is wiped
/// from memory when dropped.
#[derive(Clone)]
pub struct DeviceKeys {
    seed: Zeroizing<[u8; 32]>,
}

impl fmt::Debug for DeviceKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DeviceKeys(..)")
    }
}

impl DeviceKeys {
    /// The keys of a secret: 32 random bytes, or what [`DeviceKeys::secret`] gave for storage. The
    /// same secret always gives the same keys.
    #[must_use]
    pub fn new(secret: [u8; 32]) -> Self {
        Self {
            seed: Zeroizing::new(secret),
        }
    }

    /// The secret, to be stored where only the app can read it.
    #[must_use]
    pub fn secret(&self) -> &[u8; 32] {
        &self.seed
    }

    /// What the server seals with for APNs and FCM.
    #[must_use]
    pub fn seal_key(&self) -> SealKey {
        SealKey {
            public: hpke_format::public_key(&self.derived("hpke")),
            shared: self.derived("hpke psk"),
        }
    }

    /// What the server seals with for WebPush, as text: the P-256 public key, uncompressed, in
    /// base64url (RFC 8291, section 3.1).
    #[must_use]
    pub fn p256dh(&self) -> String {
        let public = webpush_format::private_key(&self.derived("p256")).public_key();
        URL_SAFE_NO_PAD.encode(webpush_format::encoded(&public))
    }

    /// The other half of it, as text: 16 secret bytes in base64url (RFC 8291, section 3.2).
    #[must_use]
    pub fn auth(&self) -> String {
        URL_SAFE_NO_PAD.encode(*self.auth_bytes())
    }

    /// Opens what [`seal`] or [`seal_webpush`] made for these keys; it tells them apart by itself.
    ///
    /// # Errors
    ///
    /// Why it does not open.
    pub fn open(&self, sealed: &[u8]) -> Result<Vec<u8>, OpenError> {
        // The salt that WebPush begins with may look like the mark of the other format, once in
        // four billion; then the other format does not open.
        if let Some(sealed) = sealed.strip_prefix(hpke_format::MARK)
            && let Some(plain) =
                hpke_format::open(&self.derived("hpke"), &self.derived("hpke psk"), sealed)
        {
            return Ok(plain);
        }
        if webpush_format::recognises(sealed) {
            let private = webpush_format::private_key(&self.derived("p256"));
            return webpush_format::open(&private, &self.auth_bytes(), sealed)
                .ok_or(OpenError::NotForThisDevice { format: "RFC 8291" });
        }
        Err(if sealed.starts_with(hpke_format::MARK) {
            OpenError::NotForThisDevice { format: "RFC 9180" }
        } else {
            OpenError::Unrecognised { got: sealed.len() }
        })
    }

    fn auth_bytes(&self) -> Zeroizing<[u8; 16]> {
        let mut auth = Zeroizing::new([0; 16]);
        auth.copy_from_slice(&self.derived("auth")[..16]);
        auth
    }

    fn derived(&self, purpose: &str) -> Zeroizing<[u8; 32]> {
        derived(&self.seed, &["tocsin device keys 1: ", purpose].concat())
    }
}

/// What the server needs to seal for a device on transports without encryption of their own: its
/// HPKE public key, and a secret that only the two share, so that whoever merely learns a public
/// key cannot forge a page. It does not print.
#[derive(Clone)]
pub struct SealKey {
    public: [u8; 32],
    shared: Zeroizing<[u8; 32]>,
}

impl fmt::Debug for SealKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SealKey(..)")
    }
}

impl SealKey {
    /// As one string for `PushAddress::{Apns, Fcm}.key`: base64url without padding.
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut bytes = Zeroizing::new([SEAL_KEY_VERSION; 65]);
        bytes[1..33].copy_from_slice(&self.public);
        bytes[33..].copy_from_slice(&*self.shared);
        URL_SAFE_NO_PAD.encode(*bytes)
    }

    /// Reads what [`SealKey::to_text`] wrote.
    ///
    /// # Errors
    ///
    /// When it is no such text.
    pub fn from_text(text: &str) -> Result<Self, SealError> {
        let wrong = SealError::Key {
            field: "key",
            expected: "87 characters of base64url, version 1, as the device gave it",
        };
        let bytes = Zeroizing::new(URL_SAFE_NO_PAD.decode(text).map_err(|_| wrong.clone())?);
        match bytes.split_first() {
            Some((&SEAL_KEY_VERSION, keys)) if keys.len() == 64 => {
                let mut key = Self {
                    public: [0; 32],
                    shared: Zeroizing::new([0; 32]),
                };
                key.public.copy_from_slice(&keys[..32]);
                key.shared.copy_from_slice(&keys[32..]);
                Ok(key)
            }
            _ => Err(wrong),
        }
    }
}

/// Seals with HPKE (RFC 9180) in PSK mode: X25519, HKDF-SHA256, ChaCha20-Poly1305. `random` is 32
/// fresh random bytes, for this payload only.
///
/// # Errors
///
/// When the payload is too long or the key is no point of the curve.
pub fn seal(key: &SealKey, plaintext: &[u8], random: &[u8; 32]) -> Result<Vec<u8>, SealError> {
    let padded = padded(plaintext)?;
    hpke_format::seal(&key.public, &key.shared, &padded, random).ok_or(SealError::Key {
        field: "key",
        expected: "an X25519 public key",
    })
}

/// Seals for WebPush (RFC 8291, content encoding `aes128gcm` of RFC 8188). `random` is 48 fresh
/// random bytes, for this payload only.
///
/// # Errors
///
/// When the payload is too long or the keys are not those of a subscription.
pub fn seal_webpush(
    p256dh: &str,
    auth: &str,
    plaintext: &[u8],
    random: &[u8; 48],
) -> Result<Vec<u8>, SealError> {
    let (public, auth) = webpush_format::subscription(p256dh, auth)?;
    let padded = padded(plaintext)?;
    let (secret, salt) = random.split_at(32);
    let mut seed = Zeroizing::new([0; 32]);
    seed.copy_from_slice(secret);
    let private = webpush_format::private_key(&seed);
    Ok(webpush_format::seal(
        &private, salt, &public, &auth, &padded,
    ))
}

/// Checks a subscription's keys as [`seal_webpush`] will, so that a device which registers is told
/// at once.
///
/// # Errors
///
/// Which key is wrong.
pub fn check_webpush(p256dh: &str, auth: &str) -> Result<(), SealError> {
    webpush_format::subscription(p256dh, auth).map(|_| ())
}

/// The plaintext, a mark, and zeros up to one size for all: the padding of a last record in RFC
/// 8188, section 2.
fn padded(plaintext: &[u8]) -> Result<Zeroizing<Vec<u8>>, SealError> {
    if plaintext.len() > MAX_PLAINTEXT_BYTES {
        return Err(SealError::TooLong {
            got: plaintext.len(),
        });
    }
    let mut padded = Zeroizing::new(Vec::with_capacity(MAX_PLAINTEXT_BYTES + 1));
    padded.extend_from_slice(plaintext);
    padded.push(PADDING);
    padded.resize(MAX_PLAINTEXT_BYTES + 1, 0);
    Ok(padded)
}

/// Undoes [`padded`]; `None` when there is no mark.
fn unpadded(mut padded: Vec<u8>) -> Option<Vec<u8>> {
    let mark = padded.iter().rposition(|&byte| byte != 0)?;
    let marked = padded[mark] == PADDING;
    padded.truncate(mark);
    marked.then_some(padded)
}

/// Ends the plaintext of a last record (RFC 8188, section 2).
const PADDING: u8 = 2;

fn derived(seed: &[u8; 32], info: &str) -> Zeroizing<[u8; 32]> {
    let mut out = Zeroizing::new([0; 32]);
    Hkdf::<Sha256>::new(None, seed)
        .expand(info.as_bytes(), &mut *out)
        .expect("HKDF-SHA256 gives 32 bytes");
    out
}
