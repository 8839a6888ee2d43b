//! A mark, the encapsulated key, the ciphertext (RFC 9180, single shot, mode PSK).

use core::convert::Infallible;

use hpke::aead::ChaCha20Poly1305;
use hpke::kdf::HkdfSha256;
use hpke::kem::X25519HkdfSha256;
use hpke::rand_core::{TryCryptoRng, TryRng};
use hpke::{
    Deserializable, Kem, OpModeR, OpModeS, PskBundle, Serializable, single_shot_open,
    single_shot_seal_with_rng,
};
use zeroize::Zeroizing;

use crate::unpadded;

type X25519 = X25519HkdfSha256;

/// Begins every payload of this format and version.
pub const MARK: &[u8] = b"TSH1";

/// Binds key and ciphertext to this use of them (RFC 9180, section 5.1).
const INFO: &[u8] = b"tocsin push payload 1";
const PSK_ID: &[u8] = b"tocsin device 1";

const ENCAPSULATED_BYTES: usize = 32;

pub fn public_key(seed: &[u8; 32]) -> [u8; 32] {
    X25519::derive_keypair(seed).1.to_bytes().into()
}

/// `None` when the public key is no point that a secret can be agreed on with.
pub fn seal(
    public: &[u8; 32],
    shared: &[u8; 32],
    plaintext: &[u8],
    random: &[u8; 32],
) -> Option<Vec<u8>> {
    let public = <X25519 as Kem>::PublicKey::from_bytes(public).ok()?;
    let psk = PskBundle::new(shared, PSK_ID).ok()?;
    let (encapsulated, ciphertext) =
        single_shot_seal_with_rng::<ChaCha20Poly1305, HkdfSha256, X25519>(
            &OpModeS::Psk(psk),
            &public,
            INFO,
            plaintext,
            b"",
            &mut Given::new(random),
        )
        .ok()?;
    Some([MARK, encapsulated.to_bytes().as_slice(), &ciphertext].concat())
}

/// Opens what comes after the mark.
pub fn open(seed: &[u8; 32], shared: &[u8; 32], sealed: &[u8]) -> Option<Vec<u8>> {
    let (encapsulated, ciphertext) = sealed.split_at_checked(ENCAPSULATED_BYTES)?;
    let encapsulated = <X25519 as Kem>::EncappedKey::from_bytes(encapsulated).ok()?;
    let psk = PskBundle::new(shared, PSK_ID).ok()?;
    let (private, _) = X25519::derive_keypair(seed);
    let plaintext = single_shot_open::<ChaCha20Poly1305, HkdfSha256, X25519>(
        &OpModeR::Psk(psk),
        &private,
        &encapsulated,
        INFO,
        ciphertext,
        b"",
    );
    unpadded(plaintext.ok()?)
}

/// Hands given random bytes to HPKE, which draws exactly as many as its private key has.
struct Given(Zeroizing<Vec<u8>>);

impl Given {
    fn new(random: &[u8; 32]) -> Self {
        Self(Zeroizing::new(random.to_vec()))
    }
}

impl TryRng for Given {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        let mut bytes = [0; 4];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u32::from_le_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let mut bytes = [0; 8];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u64::from_le_bytes(bytes))
    }

    /// # Panics
    ///
    /// When more is drawn than was given: using a byte twice would give the plaintext away.
    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        let rest = self.0.len().checked_sub(bytes.len());
        let rest = rest.expect("HPKE draws 32 random bytes for X25519");
        bytes.copy_from_slice(&self.0[rest..]);
        self.0.truncate(rest);
        Ok(())
    }
}

impl TryCryptoRng for Given {}
